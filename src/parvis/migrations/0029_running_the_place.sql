-- What the owner may change while the place runs: rules in versions, emoji that rest, settings with their history.

ALTER TABLE house_rule ADD COLUMN first_id bigint;           -- the first version of a rule that was changed; NULL: this one
ALTER TABLE custom_emoji ADD COLUMN disabled_at timestamptz; -- known, but shown nowhere since then

CREATE TABLE setting_change (                                -- the newest of a name holds
    id    bigint PRIMARY KEY,
    name  text NOT NULL,
    value text,                                              -- NULL: what the environment or the program says
    by_id bigint,                                            -- NULL: by the command line
    at    timestamptz NOT NULL
);
CREATE INDEX setting_change_by_name ON setting_change (name, id);
