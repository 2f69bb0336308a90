-- Who may usually reply where somebody begins a conversation.

ALTER TABLE login
    ADD COLUMN default_reply_policy smallint NOT NULL DEFAULT 0;  -- as post.reply_policy
