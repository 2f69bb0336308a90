-- Passkeys: keys of a device that sign instead of a password (WebAuthn).

CREATE TABLE passkey (
    account_id    bigint NOT NULL,
    id            bigint NOT NULL,
    credential_id bytea NOT NULL,                            -- what the device calls it
    public_key    bytea NOT NULL,                            -- as COSE
    counter       bigint NOT NULL,                           -- signatures so far, where the device counts them
    name          text NOT NULL,
    created_at    timestamptz NOT NULL,
    last_used_at  timestamptz,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX passkey_by_credential ON passkey (credential_id);   -- a directory: who is it that signs

CREATE TABLE spent_challenge (                               -- each is answered once
    hash       bytea PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
