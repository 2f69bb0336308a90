-- Lists, keyword filters, followed hashtags, direct conversations, and threads that somebody does not want to hear of.

-- ── lists ──

CREATE TABLE list (
    account_id  bigint NOT NULL,
    id          bigint NOT NULL,
    title       text NOT NULL,
    replies     text NOT NULL DEFAULT 'list',                 -- to whom replies are shown: followed, list, none
    exclusive   boolean NOT NULL DEFAULT false,               -- its members are read here and not at home
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (account_id, id)
);

CREATE TABLE list_member (
    account_id  bigint NOT NULL,                              -- whose list
    list_id     bigint NOT NULL,
    member_id   bigint NOT NULL,
    PRIMARY KEY (account_id, list_id, member_id)
);
CREATE INDEX list_member_of_account ON list_member (account_id, member_id);

-- The target is in an exclusive list of account_id. Kept here because every page of home reads this row anyway.
ALTER TABLE follow ADD COLUMN apart boolean NOT NULL DEFAULT false;

-- ── filters ──

CREATE TABLE filter (
    account_id  bigint NOT NULL,
    id          bigint NOT NULL,
    title       text NOT NULL,
    places      text[] NOT NULL,                              -- home, notifications, public, thread, account
    action      text NOT NULL,                                -- warn, hide, blur
    expires_at  timestamptz,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (account_id, id)
);

CREATE TABLE filter_keyword (
    account_id  bigint NOT NULL,
    id          bigint NOT NULL,
    filter_id   bigint NOT NULL,
    keyword     text NOT NULL,
    whole_word  boolean NOT NULL DEFAULT true,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX filter_keyword_of_filter ON filter_keyword (account_id, filter_id);

CREATE TABLE filter_post (                                    -- single posts that a filter is for
    account_id  bigint NOT NULL,
    id          bigint NOT NULL,
    filter_id   bigint NOT NULL,
    post_id     bigint NOT NULL,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, filter_id, post_id)
);

-- One row for each account that has filters; the version is another after every change. Processes keep prepared
-- filters and use them only at the version that came with the page.
CREATE TABLE filter_state (
    account_id  bigint PRIMARY KEY,
    version     bigint NOT NULL
);

-- ── followed hashtags ──

CREATE TABLE tag_follow (
    account_id  bigint NOT NULL,
    tag         text NOT NULL,                                -- folded
    id          bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (account_id, tag)
);
CREATE INDEX tag_follow_by_id ON tag_follow (account_id, id);

-- A post's own tags: for its deletion, and for telling open connections.
CREATE INDEX post_tag_of_post ON post_tag (post_id);

-- ── direct conversations ──

CREATE TABLE conversation (                                   -- posts for mentioned people, as one of them lists them
    account_id       bigint NOT NULL,
    id               bigint NOT NULL,
    thread_id        bigint NOT NULL,
    participant_ids  bigint[] NOT NULL,                       -- the others, in order
    last_post_id     bigint NOT NULL,
    unread           boolean NOT NULL,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, thread_id, participant_ids)
);
CREATE INDEX conversation_by_last_post ON conversation (account_id, last_post_id);
CREATE INDEX conversation_of_thread ON conversation (thread_id);

-- ── muted threads ──

CREATE TABLE thread_mute (
    account_id  bigint NOT NULL,
    thread_id   bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (account_id, thread_id)
);
