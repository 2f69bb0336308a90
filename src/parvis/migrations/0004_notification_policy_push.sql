-- Notifications that wait until their receiver has let somebody in, groups of them, and web push.

ALTER TABLE notification ADD COLUMN filtered boolean NOT NULL DEFAULT false;  -- waits in its sender's request

CREATE INDEX notification_of_group ON notification (account_id, group_key, id)
    WHERE kind IN ('favourite', 'repost', 'follow');
CREATE INDEX notification_filtered ON notification (account_id, from_id, id) WHERE filtered;

CREATE TABLE notification_policy (                            -- 0 accept, 1 filter, 2 drop; without a row the defaults
    account_id        bigint PRIMARY KEY,
    not_following     smallint NOT NULL DEFAULT 0,
    not_followers     smallint NOT NULL DEFAULT 0,
    new_accounts      smallint NOT NULL DEFAULT 0,
    private_mentions  smallint NOT NULL DEFAULT 0,
    limited_accounts  smallint NOT NULL DEFAULT 1,
    bots              smallint NOT NULL DEFAULT 0
);

CREATE TABLE notification_permission (                        -- account_id hears of from_id whatever the policy says
    account_id  bigint NOT NULL,
    from_id     bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (account_id, from_id)
);

CREATE TABLE notification_request (                           -- from_id has filtered notifications for account_id
    account_id    bigint NOT NULL,
    from_id       bigint NOT NULL,
    id            bigint NOT NULL,                            -- of the first of these notifications
    last_post_id  bigint,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (account_id, from_id),
    UNIQUE (account_id, id)
);

CREATE TABLE push_subscription (                              -- one for each token
    account_id     bigint NOT NULL,
    id             bigint NOT NULL,                           -- below 2^53: clients read it as a JSON number
    token_id       bigint NOT NULL,
    token          bytea NOT NULL,                            -- sealed; apps tell by it whose message came
    endpoint       text NOT NULL,
    point          bytea NOT NULL,                            -- the receiver's public key
    auth           bytea NOT NULL,
    standard       boolean NOT NULL,                          -- RFC 8291; otherwise its draft
    alerts         text[] NOT NULL,                           -- kinds that are wanted
    policy         text NOT NULL,                             -- all, followed, follower, none
    created_at     timestamptz NOT NULL,
    failing_since  timestamptz,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, token_id)
);
