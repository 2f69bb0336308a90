-- A browser's messages end with its session: the token that they come by.

ALTER TABLE session
    ADD COLUMN push_token_id bigint;
