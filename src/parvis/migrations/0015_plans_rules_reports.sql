-- Posts for later, and what those who run the place say to everybody and hear from anybody.

ALTER TABLE media ADD COLUMN kept_until timestamptz;          -- waits for a scheduled post until then

CREATE TABLE scheduled_post (
    account_id  bigint NOT NULL,
    id          bigint NOT NULL,
    due_at      timestamptz NOT NULL,
    draft       jsonb NOT NULL,                               -- posts.Draft
    key         text,                                         -- the Idempotency-Key it came with
    app_id      bigint,
    app_name    text,
    app_website text,
    problem     text,                                         -- why it could not be published when it was due
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX scheduled_post_key ON scheduled_post (account_id, key) WHERE key IS NOT NULL;

CREATE TABLE house_rule (
    id          bigint PRIMARY KEY,
    text        text NOT NULL,
    hint        text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL,
    removed_at  timestamptz                                   -- reports go on naming it
);

CREATE TABLE report (
    id          bigint PRIMARY KEY,
    account_id  bigint NOT NULL,                              -- who reports
    target_id   bigint NOT NULL,
    post_ids    bigint[] NOT NULL DEFAULT '{}',
    rule_ids    bigint[] NOT NULL DEFAULT '{}',
    category    text NOT NULL,                                -- spam, legal, violation, other
    comment     text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL,
    decided_at  timestamptz
);
CREATE INDEX report_open ON report (id) WHERE decided_at IS NULL;

CREATE TABLE announcement (
    id            bigint PRIMARY KEY,
    text          text NOT NULL,
    html          text NOT NULL,
    starts_at     timestamptz,
    ends_at       timestamptz,
    published_at  timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL
);

CREATE TABLE announcement_dismissal (
    account_id       bigint NOT NULL,
    announcement_id  bigint NOT NULL,
    PRIMARY KEY (account_id, announcement_id)
);

CREATE TABLE announcement_reaction (
    announcement_id  bigint NOT NULL,
    name             text NOT NULL,
    account_id       bigint NOT NULL,
    created_at       timestamptz NOT NULL,
    PRIMARY KEY (announcement_id, name, account_id)
);
