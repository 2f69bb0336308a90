-- Edits with their history, polls, and posts pinned to a profile.

ALTER TABLE post ADD COLUMN has_poll boolean NOT NULL DEFAULT false;

CREATE TABLE post_edit (                                      -- what a post said before each edit
    account_id   bigint NOT NULL,
    post_id      bigint NOT NULL,
    version      integer NOT NULL,
    created_at   timestamptz NOT NULL,                        -- when these words were published
    text         text NOT NULL,
    html         text NOT NULL,
    warning      text NOT NULL,
    sensitive    boolean NOT NULL,
    attachments  jsonb NOT NULL,
    poll_options text[],
    PRIMARY KEY (account_id, post_id, version)
);

CREATE TABLE poll (
    account_id   bigint NOT NULL,                             -- the post's author
    post_id      bigint NOT NULL,
    options      text[] NOT NULL,
    votes        integer[] NOT NULL,                          -- one number an option
    voters       integer NOT NULL DEFAULT 0,
    multiple     boolean NOT NULL,
    hide_totals  boolean NOT NULL,
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (account_id, post_id)
) WITH (fillfactor = 70);

CREATE TABLE poll_vote (
    account_id  bigint NOT NULL,                              -- who voted
    post_id     bigint NOT NULL,
    choices     smallint[] NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (account_id, post_id)
);
CREATE INDEX poll_vote_of_post ON poll_vote (post_id, account_id);

CREATE TABLE pin (
    account_id  bigint NOT NULL,
    post_id     bigint NOT NULL,
    id          bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (account_id, post_id)
);
