-- Receipts, their public log, and invitations.

CREATE TABLE receipt (
    id             bigint PRIMARY KEY,
    number         bigint UNIQUE,                            -- given after the commit by the one sequencer, without gaps
    state          smallint NOT NULL DEFAULT 0,              -- 0 received, 1 admitted, 2 entered, 3 withdrawn, 4 expired, 5 refused
    lane           smallint NOT NULL DEFAULT 0,              -- 0 ordinary, 1 invited, 2 operator, 3 returning
    leaf_index     bigint,                                   -- where the log says that it was received
    handle         text,                                     -- reserved in account_handle under the receipt's id; null once it is over
    email          text,                                     -- null once it is over
    email_hash     bytea,                                    -- keyed HMAC of the canonical mailbox
    twin           boolean NOT NULL DEFAULT false,           -- another live receipt had the mailbox when this one came
    locale         text NOT NULL DEFAULT 'en',
    request_key    bytea,                                    -- keyed HMAC of who asked, by which route, with which key
    request_hash   bytea,                                    -- keyed HMAC of what was asked
    invitation_id  bigint,
    app_id         bigint,
    received_at    timestamptz NOT NULL,
    numbered_at    timestamptz,
    admitted_at    timestamptz,
    lapses_at      timestamptz,
    entered_at     timestamptz,
    ended_at       timestamptz,                              -- withdrawn, expired or refused
    account_id     bigint
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX receipt_unnumbered ON receipt (id) WHERE number IS NULL;
CREATE INDEX receipt_waiting ON receipt (number) WHERE state = 0 AND lane < 3 AND number IS NOT NULL;
CREATE INDEX receipt_beside ON receipt (lane, number) WHERE state = 0 AND lane > 0 AND number IS NOT NULL;
CREATE INDEX receipt_mailbox ON receipt (email_hash) WHERE state < 2;
CREATE UNIQUE INDEX receipt_request ON receipt (request_key) WHERE request_key IS NOT NULL;
CREATE INDEX receipt_lapsing ON receipt (lapses_at) WHERE state = 1;
CREATE INDEX receipt_expired ON receipt (ended_at) WHERE state = 4 AND handle IS NOT NULL;
CREATE INDEX receipt_of_account ON receipt (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX receipt_of_invitation ON receipt (invitation_id) WHERE invitation_id IS NOT NULL;

-- The leaves of an append-only Merkle tree (RFC 6962). Nothing in them names a person.
CREATE TABLE admission_log (
    index       bigint PRIMARY KEY,
    kind        smallint NOT NULL,                           -- 0 received, 1 admitted, 2 invited, 3 operator, 4 returning, 5 withdrawn, 6 expired, 7 refused
    number      bigint NOT NULL,
    at          timestamptz NOT NULL,                        -- rounded down
    commitment  bytea                                        -- of a receipt: the hash of its ticket, which nobody can guess
);

-- Roots of full subtrees of 256, 65,536 … leaves, so that a proof reads a few hundred rows of any tree.
CREATE TABLE admission_node (
    level  smallint NOT NULL,
    index  bigint NOT NULL,
    hash   bytea NOT NULL,
    PRIMARY KEY (level, index)
);

-- What the sequencer remembers. Whoever appends to the log holds this row.
CREATE TABLE admission_tree (
    only_one          boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    size              bigint NOT NULL DEFAULT 0,
    peaks             bytea[] NOT NULL DEFAULT '{}',         -- roots of the full subtrees that the size consists of, largest first
    last_number       bigint NOT NULL DEFAULT 0,
    serving           bigint NOT NULL DEFAULT 0,             -- up to this number nobody waits
    waiting           bigint NOT NULL DEFAULT 0,             -- numbered and received, those who return left out
    invited_credit    double precision NOT NULL DEFAULT 0,   -- what the lanes have saved up
    returning_credit  double precision NOT NULL DEFAULT 0
) WITH (fillfactor = 20);
INSERT INTO admission_tree DEFAULT VALUES;

CREATE TABLE admission_head (                                -- the last of each minute stays
    minute     timestamptz PRIMARY KEY,
    size       bigint NOT NULL,
    root       bytea NOT NULL,
    signature  bytea NOT NULL                                -- Ed25519
);

CREATE TABLE invitation (
    id          bigint PRIMARY KEY,
    code_hash   bytea NOT NULL UNIQUE,
    inviter_id  bigint NOT NULL,
    uses_left   smallint NOT NULL CHECK (uses_left >= 0),
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL
);
CREATE INDEX invitation_of_inviter ON invitation (inviter_id, id);

CREATE TABLE spent_proof (                                   -- solved proofs of work are good once
    hash        bytea PRIMARY KEY,
    expires_at  timestamptz NOT NULL
);
CREATE INDEX spent_proof_expiry ON spent_proof (expires_at);

-- Apps that sign people up while there is a queue hold a token that becomes the account's when it enters.
ALTER TABLE oauth_token ADD COLUMN receipt_id bigint;
CREATE INDEX oauth_token_of_receipt ON oauth_token (receipt_id) WHERE receipt_id IS NOT NULL;
