-- Who may reply in a conversation.

ALTER TABLE post
    ADD COLUMN reply_policy smallint NOT NULL DEFAULT 0;
    -- 0 everybody, 1 followers of who began it and those mentioned, 2 those mentioned, 3 who began it; a reply has a copy
