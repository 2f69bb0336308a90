-- Finding: words of posts and people, previews of pages that posts link to, what is much talked of, whom one might know;
-- and taking along what is one's own.

-- ── words ────────────────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE search_post (                                    -- one row a post that says something; reposts have none
    account_id  bigint NOT NULL,                              -- the author
    post_id     bigint NOT NULL,
    tokens      tsvector NOT NULL,                            -- words and marks, made by search/tokens.py
    PRIMARY KEY (account_id, post_id)
);
CREATE INDEX search_post_tokens ON search_post USING gin (tokens);
CREATE INDEX search_post_by_id ON search_post (post_id, account_id);

CREATE TABLE search_account (
    account_id  bigint PRIMARY KEY,
    tokens      tsvector NOT NULL
);
CREATE INDEX search_account_tokens ON search_account USING gin (tokens);

-- How far back what was there before the index has been put into it, newest first; no row: nothing is missing.
CREATE TABLE search_backlog (
    kind     text PRIMARY KEY,                                -- post, account
    below    bigint NOT NULL
);
INSERT INTO search_backlog (kind, below)
SELECT kind, 9223372036854775807 FROM (VALUES ('post'), ('account')) AS t (kind) WHERE EXISTS (SELECT FROM account);

-- ── previews of pages ────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE link (                                           -- an address that a post here names
    id            bigint PRIMARY KEY,
    url_hash      bytea NOT NULL UNIQUE,
    url           text NOT NULL,
    card_id       bigint,                                     -- the newest preview; null while there is none
    looked_at     timestamptz,                                -- when its page was last asked for, in vain or not
    leased_until  timestamptz,                                -- somebody is looking
    created_at    timestamptz NOT NULL
);

-- A preview never changes: a page that says something new gets a new one, and posts keep theirs.
CREATE TABLE card (
    id            bigint PRIMARY KEY,
    link_id       bigint NOT NULL,
    content       jsonb NOT NULL,                             -- links/types.py: Card
    created_at    timestamptz NOT NULL
);
CREATE INDEX card_of_link ON card (link_id);

ALTER TABLE post ADD COLUMN card_id bigint;

CREATE TABLE post_link (                                      -- the first address of a post
    link_id     bigint NOT NULL,
    post_id     bigint NOT NULL,
    account_id  bigint NOT NULL,
    PRIMARY KEY (link_id, post_id, account_id)
);
CREATE INDEX post_link_of_post ON post_link (account_id, post_id);

-- ── trends, suggestions ──────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE trend (                                          -- the lists of the last computation, best first
    kind         text NOT NULL,                               -- tag, post, link
    place        smallint NOT NULL,
    name         text NOT NULL,                               -- the tag's name, the post's or link's id
    account_id   bigint,                                      -- the post's author
    score        double precision NOT NULL,
    numbers      jsonb NOT NULL,                              -- what the score was computed from
    computed_at  timestamptz NOT NULL,
    PRIMARY KEY (kind, place)
);

CREATE INDEX account_counter_active ON account_counter (last_post_on DESC NULLS LAST, account_id DESC);

CREATE TABLE suggestion_dismissed (
    account_id  bigint NOT NULL,
    target_id   bigint NOT NULL,
    PRIMARY KEY (account_id, target_id)
);

-- ── taking along ─────────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE data_import (
    account_id   bigint NOT NULL,
    id           bigint NOT NULL,
    kind         text NOT NULL,                               -- follows, blocks, mutes, lists, bookmarks
    replaces     boolean NOT NULL,                            -- what is not in the file goes
    rows         jsonb NOT NULL,                              -- [[…], …], checked
    done         integer NOT NULL DEFAULT 0,                  -- rows dealt with
    failed       text[] NOT NULL DEFAULT '{}',                -- the first that could not be taken in
    failures     integer NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL,
    finished_at  timestamptz,
    PRIMARY KEY (account_id, id)
);

CREATE TABLE archive (
    account_id  bigint NOT NULL,
    id          bigint NOT NULL,
    key         text,                                         -- in the media store, once it is ready
    size_bytes  bigint,
    created_at  timestamptz NOT NULL,
    ready_at    timestamptz,
    PRIMARY KEY (account_id, id)
);
