-- The browser of whoever waits: where one message goes when it is their turn. Forgotten as soon as it has gone out.

CREATE TABLE receipt_push (
    receipt_id bigint PRIMARY KEY,
    endpoint   text NOT NULL,
    point      bytea NOT NULL,                               -- the browser's keys (RFC 8291)
    auth       bytea NOT NULL,
    created_at timestamptz NOT NULL
);
