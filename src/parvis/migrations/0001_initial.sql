-- Accounts, conversation, timelines, notifications, media and the job queue.
--
-- Large tables belong to one account: account_id stands in their primary and unique keys, and no foreign key
-- crosses accounts. Handles, e-mails, tokens and post ids have small directories keyed by themselves.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- ── the machine room ─────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE process_lease (
    number      smallint PRIMARY KEY CHECK (number BETWEEN 0 AND 1023),
    holder      uuid NOT NULL,
    expires_at  timestamptz NOT NULL
);

CREATE TABLE server_secret (
    name   text PRIMARY KEY,
    value  bytea NOT NULL
);

CREATE TABLE job (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text NOT NULL,
    priority     smallint NOT NULL DEFAULT 0,                  -- smaller goes first
    due_at       timestamptz NOT NULL DEFAULT now(),
    created_at   timestamptz NOT NULL DEFAULT now(),
    attempts     integer NOT NULL DEFAULT 0,                   -- leases so far; with the id, the fence of a lease
    failures     integer NOT NULL DEFAULT 0,
    times_lost   integer NOT NULL DEFAULT 0,                   -- leases that ran out: a worker died with the job
    parked_at    timestamptz,
    owner        uuid,
    leased_until timestamptz,
    dedupe_key   text,
    payload      jsonb NOT NULL,
    last_error   text
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_cost_delay = 0);
CREATE INDEX job_waiting ON job (priority, due_at, kind) WHERE owner IS NULL AND parked_at IS NULL;
CREATE INDEX job_waiting_of_kind ON job (kind, due_at) WHERE owner IS NULL AND parked_at IS NULL;
CREATE INDEX job_suspect ON job (kind, due_at) WHERE times_lost > 0 AND owner IS NULL AND parked_at IS NULL;
CREATE INDEX job_leased ON job (kind, leased_until) WHERE owner IS NOT NULL;
CREATE INDEX job_parked ON job (parked_at) WHERE parked_at IS NOT NULL;
CREATE UNIQUE INDEX job_dedupe ON job (kind, dedupe_key) WHERE dedupe_key IS NOT NULL;

CREATE TABLE schedule (
    name    text PRIMARY KEY,
    due_at  timestamptz NOT NULL
);

-- ── accounts ─────────────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE account (
    id                  bigint PRIMARY KEY,
    handle              text NOT NULL,                        -- without the domain, lower case for local accounts
    domain              text,                                 -- null for local accounts
    display_name        text NOT NULL DEFAULT '',
    note                text NOT NULL DEFAULT '',             -- as written
    note_html           text NOT NULL DEFAULT '',
    fields              jsonb NOT NULL DEFAULT '[]',          -- [{name, value, html, verified_at}]
    avatar_key          text,
    header_key          text,
    avatar_description  text NOT NULL DEFAULT '',
    header_description  text NOT NULL DEFAULT '',
    locked              boolean NOT NULL DEFAULT false,
    bot                 boolean NOT NULL DEFAULT false,
    discoverable        boolean NOT NULL DEFAULT true,
    indexable           boolean NOT NULL DEFAULT true,
    hide_collections    boolean NOT NULL DEFAULT false,
    state               smallint NOT NULL DEFAULT 0,          -- 0 active, 1 limited, 2 suspended, 3 deleted
    version             integer NOT NULL DEFAULT 1,
    created_at          timestamptz NOT NULL
);
CREATE INDEX account_handle_prefix ON account (handle text_pattern_ops);
CREATE INDEX account_name_words ON account USING gin (display_name gin_trgm_ops);

CREATE TABLE account_handle (
    handle      text NOT NULL,                                -- lower case
    domain      text NOT NULL DEFAULT '',
    account_id  bigint NOT NULL,
    PRIMARY KEY (handle, domain)
);

CREATE TABLE account_counter (
    account_id    bigint PRIMARY KEY,
    posts         bigint NOT NULL DEFAULT 0 CHECK (posts >= 0),
    followers     bigint NOT NULL DEFAULT 0 CHECK (followers >= 0),
    following     bigint NOT NULL DEFAULT 0 CHECK (following >= 0),
    last_post_on  date
) WITH (fillfactor = 70);

CREATE TABLE login (
    account_id           bigint PRIMARY KEY,
    email                text NOT NULL,
    email_hash           bytea NOT NULL,                      -- keyed HMAC of the normalised address
    password_hash        text,
    role                 smallint NOT NULL DEFAULT 0,         -- 0 member, 1 moderator, 2 owner
    confirmed_at         timestamptz,
    locale               text NOT NULL DEFAULT 'en',
    theme                text NOT NULL DEFAULT 'auto',        -- auto, light, dark
    default_visibility   smallint NOT NULL DEFAULT 0,
    default_sensitive    boolean NOT NULL DEFAULT false,
    default_language     text,
    password_changed_at  timestamptz,
    created_at           timestamptz NOT NULL
);
CREATE INDEX login_email_hash ON login (email_hash);

-- Addresses are unique among confirmed accounts only, so that nobody can block another's address.
CREATE TABLE login_email (
    email_hash  bytea PRIMARY KEY,
    account_id  bigint NOT NULL
);

CREATE TABLE session (
    token_hash    bytea PRIMARY KEY,
    id            bigint NOT NULL UNIQUE,
    account_id    bigint NOT NULL,
    created_at    timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    user_agent    text NOT NULL DEFAULT '',
    address       text NOT NULL DEFAULT ''
);
CREATE INDEX session_of_account ON session (account_id);

CREATE TABLE one_time_token (
    token_hash  bytea PRIMARY KEY,
    purpose     text NOT NULL,                                -- confirm_email, reset_password, become_owner
    account_id  bigint,
    email       text,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz
);
CREATE INDEX one_time_token_of_account ON one_time_token (account_id);

CREATE TABLE oauth_app (
    id             bigint PRIMARY KEY,
    client_id      text NOT NULL UNIQUE,
    secret_hash    bytea NOT NULL,
    name           text NOT NULL,
    website        text,
    redirect_uris  text[] NOT NULL,
    scopes         text[] NOT NULL,
    created_at     timestamptz NOT NULL
);

CREATE TABLE oauth_code (
    code_hash       bytea PRIMARY KEY,
    app_id          bigint NOT NULL,
    account_id      bigint NOT NULL,
    redirect_uri    text NOT NULL,
    scopes          text[] NOT NULL,
    code_challenge  text,
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    used_at         timestamptz
);

CREATE TABLE oauth_token (
    token_hash    bytea PRIMARY KEY,
    id            bigint NOT NULL UNIQUE,
    app_id        bigint NOT NULL,
    account_id    bigint,                                     -- null for a client's own token
    scopes        text[] NOT NULL,
    code_hash     bytea,                                      -- the code it came from, so that a replay can revoke it
    created_at    timestamptz NOT NULL,
    last_used_at  timestamptz
);
CREATE INDEX oauth_token_of_account ON oauth_token (account_id);
CREATE INDEX oauth_token_of_code ON oauth_token (code_hash) WHERE code_hash IS NOT NULL;

-- ── relationships ────────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE follow (                                         -- what account_id follows
    account_id    bigint NOT NULL,
    target_id     bigint NOT NULL,
    id            bigint NOT NULL,
    show_reposts  boolean NOT NULL DEFAULT true,
    notify        boolean NOT NULL DEFAULT false,
    languages     text[],
    in_rows       boolean NOT NULL DEFAULT false,             -- the target's posts are in home_entry; otherwise merged at read
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (account_id, target_id)
);
CREATE INDEX follow_by_id ON follow (account_id, id);
CREATE INDEX follow_merged ON follow (account_id, target_id) WHERE NOT in_rows;

CREATE TABLE follower (                                       -- the mirror: who follows account_id
    account_id   bigint NOT NULL,
    follower_id  bigint NOT NULL,
    id           bigint NOT NULL,
    notify       boolean NOT NULL DEFAULT false,
    in_rows      boolean NOT NULL DEFAULT false,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (account_id, follower_id)
);
CREATE INDEX follower_by_id ON follower (account_id, id);

CREATE TABLE follow_request (
    account_id    bigint NOT NULL,                            -- who is asked
    requester_id  bigint NOT NULL,
    id            bigint NOT NULL,
    show_reposts  boolean NOT NULL DEFAULT true,
    notify        boolean NOT NULL DEFAULT false,
    languages     text[],
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (account_id, requester_id)
);
CREATE INDEX follow_request_by_id ON follow_request (account_id, id);

CREATE TABLE block (
    account_id  bigint NOT NULL,
    target_id   bigint NOT NULL,
    id          bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (account_id, target_id)
);
CREATE INDEX block_by_id ON block (account_id, id);

CREATE TABLE mute (
    account_id          bigint NOT NULL,
    target_id           bigint NOT NULL,
    id                  bigint NOT NULL,
    hide_notifications  boolean NOT NULL DEFAULT true,
    expires_at          timestamptz,
    created_at          timestamptz NOT NULL,
    PRIMARY KEY (account_id, target_id)
);
CREATE INDEX mute_by_id ON mute (account_id, id);

CREATE TABLE account_note (                                   -- what account_id keeps in mind about target_id
    account_id  bigint NOT NULL,
    target_id   bigint NOT NULL,
    comment     text NOT NULL,
    PRIMARY KEY (account_id, target_id)
);

-- ── media ────────────────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE media (
    account_id    bigint NOT NULL,
    id            bigint NOT NULL,
    post_id       bigint,
    kind          text NOT NULL,                              -- image, gifv, video, audio
    state         text NOT NULL,                              -- processing, ready, failed
    key           text NOT NULL,                              -- folder in the media store
    files         jsonb NOT NULL DEFAULT '{}',                -- {original: {name,width,height,size_bytes,content_type}, small: …}
    blurhash      text,
    description   text,
    focus_x       real NOT NULL DEFAULT 0,
    focus_y       real NOT NULL DEFAULT 0,
    size_bytes    bigint NOT NULL,
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX media_by_id ON media (id);
CREATE INDEX media_unattached ON media (created_at) WHERE post_id IS NULL;
CREATE INDEX media_of_post ON media (account_id, post_id) WHERE post_id IS NOT NULL;

-- ── posts ────────────────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE post (
    account_id           bigint NOT NULL,                     -- the author
    id                   bigint NOT NULL,
    created_at           timestamptz NOT NULL,
    edited_at            timestamptz,
    deleted_at           timestamptz,
    visibility           smallint NOT NULL,                   -- 0 public, 1 quiet, 2 followers, 3 mentioned
    language             text,
    text                 text NOT NULL DEFAULT '',            -- as written
    html                 text NOT NULL DEFAULT '',
    warning              text NOT NULL DEFAULT '',
    sensitive            boolean NOT NULL DEFAULT false,
    in_reply_to_id       bigint,
    in_reply_to_account_id bigint,
    thread_id            bigint NOT NULL,                     -- the id of the first post of the conversation
    repost_of_id         bigint,
    repost_of_account_id bigint,
    attachments          jsonb NOT NULL DEFAULT '[]',         -- copied from media at publication
    mentions             jsonb NOT NULL DEFAULT '[]',         -- [{id, handle, domain}]
    mentioned_ids        bigint[] NOT NULL DEFAULT '{}',
    tags                 text[] NOT NULL DEFAULT '{}',        -- as first written; post_tag holds the folded form
    app_name             text,
    app_website          text,
    version              integer NOT NULL DEFAULT 1,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX post_public ON post (id) WHERE visibility = 0 AND repost_of_id IS NULL AND deleted_at IS NULL;
CREATE INDEX post_of_thread ON post (thread_id, id) WHERE deleted_at IS NULL AND repost_of_id IS NULL;
CREATE INDEX post_reposts ON post (repost_of_id, id) WHERE repost_of_id IS NOT NULL AND deleted_at IS NULL;

CREATE TABLE post_directory (
    id          bigint PRIMARY KEY,
    account_id  bigint NOT NULL
);

CREATE TABLE post_counter (
    account_id  bigint NOT NULL,
    post_id     bigint NOT NULL,
    replies     integer NOT NULL DEFAULT 0 CHECK (replies >= 0),
    reposts     integer NOT NULL DEFAULT 0 CHECK (reposts >= 0),
    favourites  integer NOT NULL DEFAULT 0 CHECK (favourites >= 0),
    PRIMARY KEY (account_id, post_id)
) WITH (fillfactor = 70);

CREATE TABLE post_tag (
    tag         text NOT NULL,                                -- folded
    post_id     bigint NOT NULL,
    account_id  bigint NOT NULL,
    PRIMARY KEY (tag, post_id, account_id)
);

CREATE TABLE tag (
    name          text PRIMARY KEY,                           -- folded
    display_name  text NOT NULL,                              -- as first written
    created_at    timestamptz NOT NULL
);

CREATE TABLE repost (                                         -- one repost of a post by an account
    account_id  bigint NOT NULL,
    post_id     bigint NOT NULL,
    repost_id   bigint NOT NULL,
    PRIMARY KEY (account_id, post_id)
);

CREATE TABLE favourite (
    account_id  bigint NOT NULL,
    post_id     bigint NOT NULL,
    id          bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (account_id, post_id)
);
CREATE INDEX favourite_by_id ON favourite (account_id, id);
CREATE INDEX favourite_of_post ON favourite (post_id, id);

CREATE TABLE bookmark (
    account_id  bigint NOT NULL,
    post_id     bigint NOT NULL,
    id          bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (account_id, post_id)
);
CREATE INDEX bookmark_by_id ON bookmark (account_id, id);

CREATE TABLE publish_key (                                    -- Idempotency-Key of publications
    account_id  bigint NOT NULL,
    key         text NOT NULL,
    body_hash   bytea NOT NULL,
    post_id     bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (account_id, key)
);
CREATE INDEX publish_key_age ON publish_key (created_at);

-- ── timelines ────────────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE home_entry (
    account_id  bigint NOT NULL,                              -- the reader
    post_id     bigint NOT NULL,
    author_id   bigint NOT NULL,
    PRIMARY KEY (account_id, post_id)
) PARTITION BY HASH (account_id);
CREATE TABLE home_entry_0 PARTITION OF home_entry FOR VALUES WITH (MODULUS 8, REMAINDER 0);
CREATE TABLE home_entry_1 PARTITION OF home_entry FOR VALUES WITH (MODULUS 8, REMAINDER 1);
CREATE TABLE home_entry_2 PARTITION OF home_entry FOR VALUES WITH (MODULUS 8, REMAINDER 2);
CREATE TABLE home_entry_3 PARTITION OF home_entry FOR VALUES WITH (MODULUS 8, REMAINDER 3);
CREATE TABLE home_entry_4 PARTITION OF home_entry FOR VALUES WITH (MODULUS 8, REMAINDER 4);
CREATE TABLE home_entry_5 PARTITION OF home_entry FOR VALUES WITH (MODULUS 8, REMAINDER 5);
CREATE TABLE home_entry_6 PARTITION OF home_entry FOR VALUES WITH (MODULUS 8, REMAINDER 6);
CREATE TABLE home_entry_7 PARTITION OF home_entry FOR VALUES WITH (MODULUS 8, REMAINDER 7);

CREATE TABLE home_state (
    account_id  bigint PRIMARY KEY,
    active_at   timestamptz NOT NULL,                         -- last read; rows are written while this is recent
    ready       boolean NOT NULL DEFAULT false,               -- rows are complete above floor_id
    floor_id    bigint NOT NULL DEFAULT 0
);

CREATE TABLE marker (
    account_id    bigint NOT NULL,
    timeline      text NOT NULL,
    last_read_id  bigint NOT NULL,
    version       integer NOT NULL DEFAULT 1,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (account_id, timeline)
);

-- ── notifications ────────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE notification (
    account_id  bigint NOT NULL,
    id          bigint NOT NULL,                              -- below 2^53: clients read it as a JSON number
    kind        text NOT NULL,                                -- mention, post, repost, follow, follow_request, favourite, edit
    from_id     bigint NOT NULL,
    post_id     bigint,
    group_key   text NOT NULL,
    dedupe_key  text NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, dedupe_key)
);
