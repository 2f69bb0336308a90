-- Uploads that come in parts and may be taken up again after a cut. Once complete they become media, and the row only
-- says which.

CREATE TABLE upload (
    account_id     bigint NOT NULL,
    id             bigint NOT NULL,
    key            text NOT NULL,                             -- folder in the media store; never served
    size_bytes     bigint NOT NULL,                           -- of the whole file
    received_bytes bigint NOT NULL DEFAULT 0,
    parts          jsonb NOT NULL DEFAULT '[]',               -- names in the folder, in their order
    description    text,
    writer         bigint,                                    -- whoever holds it until then is the only one to add to it
    writing_until  timestamptz,
    media_id       bigint,
    expires_at     timestamptz NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX upload_expired ON upload (expires_at);
