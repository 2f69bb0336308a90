-- Quotes, what people show on their profiles, and servers of which they want nothing.

ALTER TABLE post
    ADD COLUMN quote_of_id          bigint,
    ADD COLUMN quote_of_account_id  bigint,
    ADD COLUMN quote_state          smallint,                 -- 0 pending, 1 accepted, 2 rejected, 3 revoked
    ADD COLUMN quote_policy         smallint NOT NULL DEFAULT 2;  -- may quote: 0 everybody, 1 followers, 2 the author
-- Nobody was asked about posts that stand already, so they stay with their authors; new ones say what they want.

CREATE INDEX post_quotes ON post (quote_of_id, id) WHERE quote_of_id IS NOT NULL;

ALTER TABLE post_counter
    ADD COLUMN quotes integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT post_counter_quotes_check CHECK (quotes >= 0);

ALTER TABLE login
    ADD COLUMN default_quote_policy  smallint NOT NULL DEFAULT 0,
    ADD COLUMN attribution_domains   text[] NOT NULL DEFAULT '{}';

ALTER TABLE account
    ADD COLUMN show_media          boolean NOT NULL DEFAULT true,
    ADD COLUMN show_media_replies  boolean NOT NULL DEFAULT true,
    ADD COLUMN show_featured       boolean NOT NULL DEFAULT true;

CREATE TABLE featured_tag (                                   -- shown on the account's profile
    account_id  bigint NOT NULL,
    tag         text NOT NULL,
    name        text NOT NULL,                                -- as written
    id          bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (account_id, tag),
    UNIQUE (account_id, id)
);

CREATE TABLE endorsement (                                    -- the account shows target_id on its profile
    account_id  bigint NOT NULL,
    target_id   bigint NOT NULL,
    id          bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (account_id, target_id),
    UNIQUE (account_id, id)
);

CREATE TABLE domain_block (                                   -- the account wants nothing of people of that server
    account_id  bigint NOT NULL,
    domain      text NOT NULL,
    id          bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (account_id, domain),
    UNIQUE (account_id, id)
);
