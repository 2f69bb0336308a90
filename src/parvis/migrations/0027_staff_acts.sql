-- What those who run the place did, in order, each entry sealed together with the one before it.

CREATE TABLE staff_act (
    id       bigint PRIMARY KEY,                             -- rises along the chain
    at       timestamptz NOT NULL,
    actor_id bigint,                                         -- NULL: by the command line
    act      text NOT NULL CHECK (act ~ '^[a-z_]+([.][a-z_]+)+$'),
    subject  text NOT NULL CHECK (subject ~ '^[a-z_]+(:[!-~]{1,200})?$'),
    details  text NOT NULL CHECK (details ~ '^[{][ -~]*[}]$'),   -- JSON in ASCII: what is hashed, to the letter
    refused  boolean NOT NULL,
    hash     bytea NOT NULL CHECK (length(hash) = 32)
);
CREATE INDEX staff_act_by_actor ON staff_act (actor_id, id);
CREATE INDEX staff_act_by_subject ON staff_act (subject, id);

CREATE FUNCTION staff_act_stays() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'staff_act is appended to, and nothing else';
END $$;
CREATE TRIGGER staff_act_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON staff_act
    FOR EACH STATEMENT EXECUTE FUNCTION staff_act_stays();
