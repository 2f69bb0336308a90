-- Second factors: codes of an authenticator app, codes for when it is lost, and the moment between password and code.

CREATE TABLE second_factor (
    account_id    bigint PRIMARY KEY,
    sealed        bytea NOT NULL,                            -- the shared key, readable only by this server
    created_at    timestamptz NOT NULL,
    confirmed_at  timestamptz,                               -- null until a first code has fitted; asked for only then
    last_step     bigint NOT NULL DEFAULT 0,                 -- the last half minute whose code was used: each works once
    failures      smallint NOT NULL DEFAULT 0,               -- wrong codes since failing_since
    failing_since timestamptz
);

CREATE TABLE recovery_code (                                 -- a row is a code that was not used yet
    account_id  bigint NOT NULL,
    code_hash   bytea NOT NULL,                              -- keyed HMAC
    PRIMARY KEY (account_id, code_hash)
);

CREATE TABLE half_session (                                  -- the password fitted, the code is awaited
    token_hash  bytea PRIMARY KEY,
    account_id  bigint NOT NULL,
    expires_at  timestamptz NOT NULL
);
CREATE INDEX half_session_of_account ON half_session (account_id);

ALTER TABLE session ADD COLUMN proved_at timestamptz;        -- when its owner last proved who they are
UPDATE session SET proved_at = created_at;
