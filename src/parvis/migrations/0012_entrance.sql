-- What those who wait chose, and whether they were told that it is their turn.

ALTER TABLE receipt ADD COLUMN letter boolean NOT NULL DEFAULT true;  -- wants one when it is time
ALTER TABLE receipt ADD COLUMN told_at timestamptz;                   -- when the letter about the last admission went out

CREATE TABLE receipt_follow (                                         -- whom they will follow once they are in
    receipt_id  bigint NOT NULL,
    target_id   bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (receipt_id, target_id)
);
