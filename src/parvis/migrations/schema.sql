-- The sum of all migrations, made by `make schema`. Do not edit.

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

CREATE FUNCTION public.appeal_is_fair() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    about restriction;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE check_violation USING MESSAGE = 'an appeal is decided, never deleted';
    END IF;
    SELECT * INTO about FROM restriction WHERE id = NEW.restriction_id;
    IF NEW.account_id <> about.account_id OR NEW.made_at > about.appeal_until THEN
        RAISE check_violation USING MESSAGE = 'an appeal is made by whom it concerns, in time';
    END IF;
    IF NEW.decided_by_id IN (about.moderator_id, about.account_id) THEN
        RAISE check_violation USING MESSAGE = 'an appeal is judged by somebody else than who restricted';
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.decided_at IS NOT NULL
       OR (NEW.restriction_id, NEW.account_id, NEW.text, NEW.made_at)
          IS DISTINCT FROM (OLD.restriction_id, OLD.account_id, OLD.text, OLD.made_at)) THEN
        RAISE check_violation USING MESSAGE = 'an appeal stays as it was made, and is decided once';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.change_of_account() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO change (key) SELECT DISTINCT account_id FROM changed;
    RETURN NULL;
END $$;

CREATE FUNCTION public.change_of_both() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO change (key) SELECT account_id FROM changed UNION SELECT target_id FROM changed;
    RETURN NULL;
END $$;

CREATE FUNCTION public.change_of_everybody() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO change (key) VALUES (0);
    RETURN NULL;
END $$;

CREATE FUNCTION public.change_of_home() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF (SELECT count(DISTINCT account_id) <= count(DISTINCT author_id) FROM changed) THEN
        INSERT INTO change (key) SELECT DISTINCT account_id FROM changed;
    ELSE
        INSERT INTO change (key) SELECT DISTINCT author_id FROM changed;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.change_of_person() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO change (key) VALUES (CASE WHEN OLD.state = NEW.state THEN NEW.id ELSE 0 END);
    RETURN NULL;
END $$;

CREATE FUNCTION public.change_of_post() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO change (key)
        SELECT account_id FROM changed
         UNION
        SELECT -thread_id FROM changed WHERE in_reply_to_id IS NOT NULL
         UNION
        SELECT -1 FROM changed WHERE visibility = 0 AND repost_of_id IS NULL;
    RETURN NULL;
END $$;

CREATE FUNCTION public.change_of_tag() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO change (key) SELECT tag_key(tag) FROM changed UNION SELECT account_id FROM changed;
    RETURN NULL;
END $$;

CREATE FUNCTION public.change_of_token() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.account_id IS NOT NULL THEN
        INSERT INTO change (key) VALUES (OLD.account_id);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.restriction_is_founded() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM FROM house_rule WHERE id = NEW.rule_id AND text = NEW.rule_text AND removed_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE check_violation USING MESSAGE = 'a restriction names a published rule, in the words it has';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.restriction_stands() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE check_violation USING MESSAGE = 'a restriction is lifted, never deleted';
    END IF;
    IF (NEW.id, NEW.account_id, NEW.post_id, NEW.kind, NEW.rule_id, NEW.rule_text, NEW.reason, NEW.moderator_id,
        NEW.report_id, NEW.appeal_until, NEW.made_at)
       IS DISTINCT FROM
       (OLD.id, OLD.account_id, OLD.post_id, OLD.kind, OLD.rule_id, OLD.rule_text, OLD.reason, OLD.moderator_id,
        OLD.report_id, OLD.appeal_until, OLD.made_at)
       OR (OLD.lifted_at IS NOT NULL AND (NEW.lifted_at, NEW.lifted_by_id, NEW.lifted_why)
           IS DISTINCT FROM (OLD.lifted_at, OLD.lifted_by_id, OLD.lifted_why)) THEN
        RAISE check_violation USING MESSAGE = 'a restriction stays as it was made';
    END IF;
    IF NEW.evidence IS DISTINCT FROM OLD.evidence AND (
           NEW.evidence IS NOT NULL OR OLD.appeal_until > now()
           OR EXISTS (SELECT FROM appeal WHERE restriction_id = OLD.id AND decided_at IS NULL AND NEW.lifted_at IS NULL))
    THEN
        RAISE check_violation USING MESSAGE = 'evidence is kept until the time for an appeal is over and the appeal decided';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.staff_act_stays() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'staff_act is appended to, and nothing else';
END $$;

CREATE FUNCTION public.tag_key(tag text) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ('-2'::integer - (hashtextextended(tag, (0)::bigint) & '9223372036854775805'::bigint));

CREATE TABLE public.account (
    id bigint NOT NULL,
    handle text NOT NULL,
    domain text,
    display_name text DEFAULT ''::text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    note_html text DEFAULT ''::text NOT NULL,
    fields jsonb DEFAULT '[]'::jsonb NOT NULL,
    avatar_key text,
    header_key text,
    avatar_description text DEFAULT ''::text NOT NULL,
    header_description text DEFAULT ''::text NOT NULL,
    locked boolean DEFAULT false NOT NULL,
    bot boolean DEFAULT false NOT NULL,
    discoverable boolean DEFAULT true NOT NULL,
    indexable boolean DEFAULT true NOT NULL,
    hide_collections boolean DEFAULT false NOT NULL,
    state smallint DEFAULT 0 NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    show_media boolean DEFAULT true NOT NULL,
    show_media_replies boolean DEFAULT true NOT NULL,
    show_featured boolean DEFAULT true NOT NULL,
    frozen boolean DEFAULT false NOT NULL
);

CREATE TABLE public.account_counter (
    account_id bigint NOT NULL,
    posts bigint DEFAULT 0 NOT NULL,
    followers bigint DEFAULT 0 NOT NULL,
    following bigint DEFAULT 0 NOT NULL,
    last_post_on date,
    CONSTRAINT account_counter_followers_check CHECK ((followers >= 0)),
    CONSTRAINT account_counter_following_check CHECK ((following >= 0)),
    CONSTRAINT account_counter_posts_check CHECK ((posts >= 0))
)
WITH (fillfactor='70');

CREATE TABLE public.account_handle (
    handle text NOT NULL,
    domain text DEFAULT ''::text NOT NULL,
    account_id bigint NOT NULL
);

CREATE TABLE public.account_note (
    account_id bigint NOT NULL,
    target_id bigint NOT NULL,
    comment text NOT NULL
);

CREATE TABLE public.admission_head (
    minute timestamp with time zone NOT NULL,
    size bigint NOT NULL,
    root bytea NOT NULL,
    signature bytea NOT NULL
);

CREATE TABLE public.admission_log (
    index bigint NOT NULL,
    kind smallint NOT NULL,
    number bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    commitment bytea
);

CREATE TABLE public.admission_node (
    level smallint NOT NULL,
    index bigint NOT NULL,
    hash bytea NOT NULL
);

CREATE TABLE public.admission_tree (
    only_one boolean DEFAULT true NOT NULL,
    size bigint DEFAULT 0 NOT NULL,
    peaks bytea[] DEFAULT '{}'::bytea[] NOT NULL,
    last_number bigint DEFAULT 0 NOT NULL,
    serving bigint DEFAULT 0 NOT NULL,
    waiting bigint DEFAULT 0 NOT NULL,
    invited_credit double precision DEFAULT 0 NOT NULL,
    returning_credit double precision DEFAULT 0 NOT NULL,
    CONSTRAINT admission_tree_only_one_check CHECK (only_one)
)
WITH (fillfactor='20');

CREATE TABLE public.announcement (
    id bigint NOT NULL,
    text text NOT NULL,
    html text NOT NULL,
    starts_at timestamp with time zone,
    ends_at timestamp with time zone,
    published_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL
);

CREATE TABLE public.announcement_dismissal (
    account_id bigint NOT NULL,
    announcement_id bigint NOT NULL
);

CREATE TABLE public.announcement_reaction (
    announcement_id bigint NOT NULL,
    name text NOT NULL,
    account_id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.appeal (
    restriction_id bigint NOT NULL,
    account_id bigint NOT NULL,
    text text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    decided_at timestamp with time zone,
    decided_by_id bigint,
    lifts boolean,
    answer text,
    CONSTRAINT appeal_answer_check CHECK (((char_length(btrim(answer)) >= 10) AND (char_length(btrim(answer)) <= 2000))),
    CONSTRAINT appeal_check CHECK ((num_nulls(decided_at, decided_by_id, lifts, answer) = ANY (ARRAY[0, 4]))),
    CONSTRAINT appeal_text_check CHECK (((char_length(btrim(text)) >= 1) AND (char_length(btrim(text)) <= 2000)))
);

CREATE TABLE public.archive (
    account_id bigint NOT NULL,
    id bigint NOT NULL,
    key text,
    size_bytes bigint,
    created_at timestamp with time zone NOT NULL,
    ready_at timestamp with time zone
);

CREATE TABLE public.block (
    account_id bigint NOT NULL,
    target_id bigint NOT NULL,
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.bookmark (
    account_id bigint NOT NULL,
    post_id bigint NOT NULL,
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.card (
    id bigint NOT NULL,
    link_id bigint NOT NULL,
    content jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.change (
    xact xid8 DEFAULT pg_current_xact_id() NOT NULL,
    key bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0.2', autovacuum_vacuum_cost_delay='0');

CREATE TABLE public.conversation (
    account_id bigint NOT NULL,
    id bigint NOT NULL,
    thread_id bigint NOT NULL,
    participant_ids bigint[] NOT NULL,
    last_post_id bigint NOT NULL,
    unread boolean NOT NULL
);

CREATE TABLE public.custom_emoji (
    shortcode text NOT NULL,
    key text NOT NULL,
    category text,
    listed boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone NOT NULL,
    disabled_at timestamp with time zone
);

CREATE TABLE public.data_import (
    account_id bigint NOT NULL,
    id bigint NOT NULL,
    kind text NOT NULL,
    replaces boolean NOT NULL,
    rows jsonb NOT NULL,
    done integer DEFAULT 0 NOT NULL,
    failed text[] DEFAULT '{}'::text[] NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone
);

CREATE TABLE public.domain_block (
    account_id bigint NOT NULL,
    domain text NOT NULL,
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.endorsement (
    account_id bigint NOT NULL,
    target_id bigint NOT NULL,
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.favourite (
    account_id bigint NOT NULL,
    post_id bigint NOT NULL,
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.featured_tag (
    account_id bigint NOT NULL,
    tag text NOT NULL,
    name text NOT NULL,
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.filter (
    account_id bigint NOT NULL,
    id bigint NOT NULL,
    title text NOT NULL,
    places text[] NOT NULL,
    action text NOT NULL,
    expires_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.filter_keyword (
    account_id bigint NOT NULL,
    id bigint NOT NULL,
    filter_id bigint NOT NULL,
    keyword text NOT NULL,
    whole_word boolean DEFAULT true NOT NULL
);

CREATE TABLE public.filter_post (
    account_id bigint NOT NULL,
    id bigint NOT NULL,
    filter_id bigint NOT NULL,
    post_id bigint NOT NULL
);

CREATE TABLE public.filter_state (
    account_id bigint NOT NULL,
    version bigint NOT NULL
);

CREATE TABLE public.follow (
    account_id bigint NOT NULL,
    target_id bigint NOT NULL,
    id bigint NOT NULL,
    show_reposts boolean DEFAULT true NOT NULL,
    notify boolean DEFAULT false NOT NULL,
    languages text[],
    in_rows boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone NOT NULL,
    apart boolean DEFAULT false NOT NULL
);

CREATE TABLE public.follow_request (
    account_id bigint NOT NULL,
    requester_id bigint NOT NULL,
    id bigint NOT NULL,
    show_reposts boolean DEFAULT true NOT NULL,
    notify boolean DEFAULT false NOT NULL,
    languages text[],
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.follower (
    account_id bigint NOT NULL,
    follower_id bigint NOT NULL,
    id bigint NOT NULL,
    notify boolean DEFAULT false NOT NULL,
    in_rows boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.gate_change (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    mode text NOT NULL,
    rate_per_s double precision,
    binding text,
    message text,
    by_id bigint,
    measured jsonb DEFAULT '{}'::jsonb NOT NULL
);

ALTER TABLE public.gate_change ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.gate_change_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.gate_minute (
    minute timestamp with time zone NOT NULL,
    rate_per_s double precision NOT NULL,
    binding text NOT NULL,
    received bigint NOT NULL,
    admitted bigint NOT NULL,
    waiting bigint NOT NULL
);

CREATE TABLE public.gate_promise (
    at timestamp with time zone NOT NULL,
    number bigint NOT NULL,
    low_s double precision NOT NULL,
    middle_s double precision NOT NULL,
    high_s double precision NOT NULL,
    called_at timestamp with time zone,
    kept boolean
);

CREATE TABLE public.gate_state (
    only_one boolean DEFAULT true NOT NULL,
    mode text DEFAULT 'auto'::text NOT NULL,
    cap_per_s double precision,
    message text,
    decided_at timestamp with time zone,
    rate_per_s double precision,
    target_per_s double precision,
    binding text,
    tokens double precision DEFAULT 0 NOT NULL,
    came bigint DEFAULT 0 NOT NULL,
    last_number bigint DEFAULT 0 NOT NULL,
    memory jsonb DEFAULT '{}'::jsonb NOT NULL,
    published jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT gate_state_mode_check CHECK ((mode = ANY (ARRAY['auto'::text, 'open'::text, 'cap'::text, 'pause'::text]))),
    CONSTRAINT gate_state_only_one_check CHECK (only_one)
)
WITH (fillfactor='20');

CREATE TABLE public.half_session (
    token_hash bytea NOT NULL,
    account_id bigint NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE public.health_hour (
    at timestamp with time zone CONSTRAINT health_minute_at_not_null NOT NULL,
    resource text CONSTRAINT health_minute_resource_not_null NOT NULL,
    used double precision CONSTRAINT health_minute_used_not_null NOT NULL,
    use double precision CONSTRAINT health_minute_use_not_null NOT NULL,
    peak double precision CONSTRAINT health_minute_peak_not_null NOT NULL,
    capacity double precision,
    facts jsonb CONSTRAINT health_minute_facts_not_null NOT NULL
);

CREATE TABLE public.health_minute (
    at timestamp with time zone NOT NULL,
    resource text NOT NULL,
    used double precision NOT NULL,
    use double precision NOT NULL,
    peak double precision NOT NULL,
    capacity double precision,
    facts jsonb NOT NULL
);

CREATE TABLE public.health_signal (
    process text NOT NULL,
    resource text NOT NULL,
    role text NOT NULL,
    host text NOT NULL,
    measured_at timestamp with time zone NOT NULL,
    used double precision NOT NULL,
    use double precision NOT NULL,
    capacity double precision,
    facts jsonb DEFAULT '{}'::jsonb NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE public.home_entry (
    account_id bigint NOT NULL,
    post_id bigint NOT NULL,
    author_id bigint NOT NULL
)
PARTITION BY HASH (account_id);

CREATE TABLE public.home_entry_0 (
    account_id bigint CONSTRAINT home_entry_account_id_not_null NOT NULL,
    post_id bigint CONSTRAINT home_entry_post_id_not_null NOT NULL,
    author_id bigint CONSTRAINT home_entry_author_id_not_null NOT NULL
);

CREATE TABLE public.home_entry_1 (
    account_id bigint CONSTRAINT home_entry_account_id_not_null NOT NULL,
    post_id bigint CONSTRAINT home_entry_post_id_not_null NOT NULL,
    author_id bigint CONSTRAINT home_entry_author_id_not_null NOT NULL
);

CREATE TABLE public.home_entry_2 (
    account_id bigint CONSTRAINT home_entry_account_id_not_null NOT NULL,
    post_id bigint CONSTRAINT home_entry_post_id_not_null NOT NULL,
    author_id bigint CONSTRAINT home_entry_author_id_not_null NOT NULL
);

CREATE TABLE public.home_entry_3 (
    account_id bigint CONSTRAINT home_entry_account_id_not_null NOT NULL,
    post_id bigint CONSTRAINT home_entry_post_id_not_null NOT NULL,
    author_id bigint CONSTRAINT home_entry_author_id_not_null NOT NULL
);

CREATE TABLE public.home_entry_4 (
    account_id bigint CONSTRAINT home_entry_account_id_not_null NOT NULL,
    post_id bigint CONSTRAINT home_entry_post_id_not_null NOT NULL,
    author_id bigint CONSTRAINT home_entry_author_id_not_null NOT NULL
);

CREATE TABLE public.home_entry_5 (
    account_id bigint CONSTRAINT home_entry_account_id_not_null NOT NULL,
    post_id bigint CONSTRAINT home_entry_post_id_not_null NOT NULL,
    author_id bigint CONSTRAINT home_entry_author_id_not_null NOT NULL
);

CREATE TABLE public.home_entry_6 (
    account_id bigint CONSTRAINT home_entry_account_id_not_null NOT NULL,
    post_id bigint CONSTRAINT home_entry_post_id_not_null NOT NULL,
    author_id bigint CONSTRAINT home_entry_author_id_not_null NOT NULL
);

CREATE TABLE public.home_entry_7 (
    account_id bigint CONSTRAINT home_entry_account_id_not_null NOT NULL,
    post_id bigint CONSTRAINT home_entry_post_id_not_null NOT NULL,
    author_id bigint CONSTRAINT home_entry_author_id_not_null NOT NULL
);

CREATE TABLE public.home_state (
    account_id bigint NOT NULL,
    active_at timestamp with time zone NOT NULL,
    ready boolean DEFAULT false NOT NULL,
    floor_id bigint DEFAULT 0 NOT NULL
);

CREATE TABLE public.house_rule (
    id bigint NOT NULL,
    text text NOT NULL,
    hint text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    removed_at timestamp with time zone,
    first_id bigint
);

CREATE TABLE public.incident (
    id bigint NOT NULL,
    name text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    blame double precision NOT NULL,
    verdict jsonb NOT NULL,
    told_at timestamp with time zone,
    ended_told_at timestamp with time zone
);

ALTER TABLE public.incident ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.incident_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.insight_count (
    day date NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    count bigint NOT NULL
);

CREATE UNLOGGED TABLE public.insight_salt (
    day date NOT NULL,
    salt bytea NOT NULL
);

CREATE TABLE public.insight_sketch (
    day date NOT NULL,
    sketch bytea NOT NULL
);

CREATE UNLOGGED TABLE public.insight_visitor (
    day date NOT NULL,
    visitor bigint NOT NULL,
    before timestamp with time zone,
    seen_at timestamp with time zone NOT NULL,
    counted boolean DEFAULT false NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_cost_delay='0');

CREATE TABLE public.invitation (
    id bigint NOT NULL,
    code_hash bytea NOT NULL,
    inviter_id bigint NOT NULL,
    uses_left smallint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT invitation_uses_left_check CHECK ((uses_left >= 0))
);

CREATE TABLE public.job (
    id bigint NOT NULL,
    kind text NOT NULL,
    priority smallint DEFAULT 0 NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    times_lost integer DEFAULT 0 NOT NULL,
    parked_at timestamp with time zone,
    owner uuid,
    leased_until timestamp with time zone,
    dedupe_key text,
    payload jsonb NOT NULL,
    last_error text,
    leased_at timestamp with time zone
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='5000', autovacuum_vacuum_cost_delay='0');

ALTER TABLE public.job ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.job_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.link (
    id bigint NOT NULL,
    url_hash bytea NOT NULL,
    url text NOT NULL,
    card_id bigint,
    looked_at timestamp with time zone,
    leased_until timestamp with time zone,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.list (
    account_id bigint NOT NULL,
    id bigint NOT NULL,
    title text NOT NULL,
    replies text DEFAULT 'list'::text NOT NULL,
    exclusive boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.list_member (
    account_id bigint NOT NULL,
    list_id bigint NOT NULL,
    member_id bigint NOT NULL
);

CREATE TABLE public.login (
    account_id bigint NOT NULL,
    email text NOT NULL,
    email_hash bytea NOT NULL,
    password_hash text,
    role smallint DEFAULT 0 NOT NULL,
    confirmed_at timestamp with time zone,
    locale text DEFAULT 'en'::text NOT NULL,
    theme text DEFAULT 'auto'::text NOT NULL,
    default_visibility smallint DEFAULT 0 NOT NULL,
    default_sensitive boolean DEFAULT false NOT NULL,
    default_language text,
    password_changed_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    default_quote_policy smallint DEFAULT 0 NOT NULL,
    attribution_domains text[] DEFAULT '{}'::text[] NOT NULL,
    default_reply_policy smallint DEFAULT 0 NOT NULL
);

CREATE TABLE public.login_email (
    email_hash bytea NOT NULL,
    account_id bigint NOT NULL
);

CREATE TABLE public.marker (
    account_id bigint NOT NULL,
    timeline text NOT NULL,
    last_read_id bigint NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    updated_at timestamp with time zone NOT NULL
);

CREATE TABLE public.media (
    account_id bigint NOT NULL,
    id bigint NOT NULL,
    post_id bigint,
    kind text NOT NULL,
    state text NOT NULL,
    key text NOT NULL,
    files jsonb DEFAULT '{}'::jsonb NOT NULL,
    blurhash text,
    description text,
    focus_x real DEFAULT 0 NOT NULL,
    focus_y real DEFAULT 0 NOT NULL,
    size_bytes bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    source_key text,
    percent smallint DEFAULT 0 NOT NULL,
    doing text,
    problem text,
    kept_until timestamp with time zone,
    problem_code text
);

CREATE TABLE public.mute (
    account_id bigint NOT NULL,
    target_id bigint NOT NULL,
    id bigint NOT NULL,
    hide_notifications boolean DEFAULT true NOT NULL,
    expires_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.notification (
    account_id bigint NOT NULL,
    id bigint NOT NULL,
    kind text NOT NULL,
    from_id bigint NOT NULL,
    post_id bigint,
    group_key text NOT NULL,
    dedupe_key text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    filtered boolean DEFAULT false NOT NULL,
    restriction_id bigint
);

CREATE TABLE public.notification_permission (
    account_id bigint NOT NULL,
    from_id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.notification_policy (
    account_id bigint NOT NULL,
    not_following smallint DEFAULT 0 NOT NULL,
    not_followers smallint DEFAULT 0 NOT NULL,
    new_accounts smallint DEFAULT 0 NOT NULL,
    private_mentions smallint DEFAULT 0 NOT NULL,
    limited_accounts smallint DEFAULT 1 NOT NULL,
    bots smallint DEFAULT 0 NOT NULL
);

CREATE TABLE public.notification_request (
    account_id bigint NOT NULL,
    from_id bigint NOT NULL,
    id bigint NOT NULL,
    last_post_id bigint,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL
);

CREATE TABLE public.oauth_app (
    id bigint NOT NULL,
    client_id text NOT NULL,
    secret_hash bytea NOT NULL,
    name text NOT NULL,
    website text,
    redirect_uris text[] NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.oauth_code (
    code_hash bytea NOT NULL,
    app_id bigint NOT NULL,
    account_id bigint NOT NULL,
    redirect_uri text NOT NULL,
    scopes text[] NOT NULL,
    code_challenge text,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);

CREATE TABLE public.oauth_token (
    token_hash bytea NOT NULL,
    id bigint NOT NULL,
    app_id bigint NOT NULL,
    account_id bigint,
    scopes text[] NOT NULL,
    code_hash bytea,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    receipt_id bigint
);

CREATE TABLE public.one_time_token (
    token_hash bytea NOT NULL,
    purpose text NOT NULL,
    account_id bigint,
    email text,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);

CREATE TABLE public.passkey (
    account_id bigint NOT NULL,
    id bigint NOT NULL,
    credential_id bytea NOT NULL,
    public_key bytea NOT NULL,
    counter bigint NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone
);

CREATE TABLE public.pin (
    account_id bigint NOT NULL,
    post_id bigint NOT NULL,
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.poll (
    account_id bigint NOT NULL,
    post_id bigint NOT NULL,
    options text[] NOT NULL,
    votes integer[] NOT NULL,
    voters integer DEFAULT 0 NOT NULL,
    multiple boolean NOT NULL,
    hide_totals boolean NOT NULL,
    expires_at timestamp with time zone NOT NULL
)
WITH (fillfactor='70');

CREATE TABLE public.poll_vote (
    account_id bigint NOT NULL,
    post_id bigint NOT NULL,
    choices smallint[] NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.post (
    account_id bigint NOT NULL,
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    edited_at timestamp with time zone,
    deleted_at timestamp with time zone,
    visibility smallint NOT NULL,
    language text,
    text text DEFAULT ''::text NOT NULL,
    html text DEFAULT ''::text NOT NULL,
    warning text DEFAULT ''::text NOT NULL,
    sensitive boolean DEFAULT false NOT NULL,
    in_reply_to_id bigint,
    in_reply_to_account_id bigint,
    thread_id bigint NOT NULL,
    repost_of_id bigint,
    repost_of_account_id bigint,
    attachments jsonb DEFAULT '[]'::jsonb NOT NULL,
    mentions jsonb DEFAULT '[]'::jsonb NOT NULL,
    mentioned_ids bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    app_name text,
    app_website text,
    version integer DEFAULT 1 NOT NULL,
    has_poll boolean DEFAULT false NOT NULL,
    parent_visibility smallint,
    quote_of_id bigint,
    quote_of_account_id bigint,
    quote_state smallint,
    quote_policy smallint DEFAULT 2 NOT NULL,
    card_id bigint,
    withheld_as smallint,
    warned_as boolean,
    reply_policy smallint DEFAULT 0 NOT NULL
);

CREATE TABLE public.post_counter (
    account_id bigint NOT NULL,
    post_id bigint NOT NULL,
    replies integer DEFAULT 0 NOT NULL,
    reposts integer DEFAULT 0 NOT NULL,
    favourites integer DEFAULT 0 NOT NULL,
    quotes integer DEFAULT 0 NOT NULL,
    CONSTRAINT post_counter_favourites_check CHECK ((favourites >= 0)),
    CONSTRAINT post_counter_quotes_check CHECK ((quotes >= 0)),
    CONSTRAINT post_counter_replies_check CHECK ((replies >= 0)),
    CONSTRAINT post_counter_reposts_check CHECK ((reposts >= 0))
)
WITH (fillfactor='70');

CREATE TABLE public.post_directory (
    id bigint NOT NULL,
    account_id bigint NOT NULL
);

CREATE TABLE public.post_edit (
    account_id bigint NOT NULL,
    post_id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    text text NOT NULL,
    html text NOT NULL,
    warning text NOT NULL,
    sensitive boolean NOT NULL,
    attachments jsonb NOT NULL,
    poll_options text[]
);

CREATE TABLE public.post_link (
    link_id bigint NOT NULL,
    post_id bigint NOT NULL,
    account_id bigint NOT NULL
);

CREATE TABLE public.post_tag (
    tag text NOT NULL,
    post_id bigint NOT NULL,
    account_id bigint NOT NULL
);

CREATE TABLE public.process_lease (
    number smallint NOT NULL,
    holder uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT process_lease_number_check CHECK (((number >= 0) AND (number <= 1023)))
);

CREATE TABLE public.publish_key (
    account_id bigint NOT NULL,
    key text NOT NULL,
    body_hash bytea NOT NULL,
    post_id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.push_subscription (
    account_id bigint NOT NULL,
    id bigint NOT NULL,
    token_id bigint NOT NULL,
    token bytea NOT NULL,
    endpoint text NOT NULL,
    point bytea NOT NULL,
    auth bytea NOT NULL,
    standard boolean NOT NULL,
    alerts text[] NOT NULL,
    policy text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    failing_since timestamp with time zone
);

CREATE TABLE public.receipt (
    id bigint NOT NULL,
    number bigint,
    state smallint DEFAULT 0 NOT NULL,
    lane smallint DEFAULT 0 NOT NULL,
    leaf_index bigint,
    handle text,
    email text,
    email_hash bytea,
    twin boolean DEFAULT false NOT NULL,
    locale text DEFAULT 'en'::text NOT NULL,
    request_key bytea,
    request_hash bytea,
    invitation_id bigint,
    app_id bigint,
    received_at timestamp with time zone NOT NULL,
    numbered_at timestamp with time zone,
    admitted_at timestamp with time zone,
    lapses_at timestamp with time zone,
    entered_at timestamp with time zone,
    ended_at timestamp with time zone,
    account_id bigint,
    letter boolean DEFAULT true NOT NULL,
    told_at timestamp with time zone
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_cost_delay='0');

CREATE TABLE public.receipt_follow (
    receipt_id bigint NOT NULL,
    target_id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.receipt_push (
    receipt_id bigint NOT NULL,
    endpoint text NOT NULL,
    point bytea NOT NULL,
    auth bytea NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.recovery_code (
    account_id bigint NOT NULL,
    code_hash bytea NOT NULL
);

CREATE TABLE public.report (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    target_id bigint NOT NULL,
    post_ids bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    rule_ids bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    category text NOT NULL,
    comment text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    decided_at timestamp with time zone,
    evidence jsonb,
    decided_by_id bigint,
    outcome text,
    answer text,
    CONSTRAINT report_outcome_check CHECK ((outcome = ANY (ARRAY['restricted'::text, 'no_fault'::text])))
);

CREATE TABLE public.repost (
    account_id bigint NOT NULL,
    post_id bigint NOT NULL,
    repost_id bigint NOT NULL
);

CREATE TABLE public.restriction (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    post_id bigint,
    kind text NOT NULL,
    rule_id bigint NOT NULL,
    rule_text text NOT NULL,
    reason text NOT NULL,
    moderator_id bigint NOT NULL,
    report_id bigint,
    evidence jsonb,
    appeal_until timestamp with time zone NOT NULL,
    made_at timestamp with time zone NOT NULL,
    lifted_at timestamp with time zone,
    lifted_by_id bigint,
    lifted_why text,
    CONSTRAINT restriction_check CHECK ((moderator_id <> account_id)),
    CONSTRAINT restriction_check1 CHECK (((post_id IS NOT NULL) = (kind = ANY (ARRAY['withhold'::text, 'warn_media'::text])))),
    CONSTRAINT restriction_check2 CHECK ((num_nulls(lifted_at, lifted_by_id, lifted_why) = ANY (ARRAY[0, 3]))),
    CONSTRAINT restriction_check3 CHECK ((appeal_until > made_at)),
    CONSTRAINT restriction_kind_check CHECK ((kind = ANY (ARRAY['freeze'::text, 'limit'::text, 'suspend'::text, 'withhold'::text, 'warn_media'::text]))),
    CONSTRAINT restriction_lifted_why_check CHECK (((char_length(btrim(lifted_why)) >= 10) AND (char_length(btrim(lifted_why)) <= 2000))),
    CONSTRAINT restriction_reason_check CHECK (((char_length(btrim(reason)) >= 10) AND (char_length(btrim(reason)) <= 2000)))
);

CREATE TABLE public.safekeeping (
    id bigint NOT NULL,
    what text NOT NULL,
    began_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    problem text DEFAULT ''::text NOT NULL,
    facts jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT safekeeping_what_check CHECK ((what = ANY (ARRAY['backup'::text, 'drill'::text])))
);

ALTER TABLE public.safekeeping ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.safekeeping_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.schedule (
    name text NOT NULL,
    due_at timestamp with time zone NOT NULL
);

CREATE TABLE public.scheduled_post (
    account_id bigint NOT NULL,
    id bigint NOT NULL,
    due_at timestamp with time zone NOT NULL,
    draft jsonb NOT NULL,
    key text,
    app_id bigint,
    app_name text,
    app_website text,
    problem text,
    created_at timestamp with time zone NOT NULL,
    problem_field text,
    problem_code text
);

CREATE TABLE public.schema_migration (
    version integer NOT NULL,
    name text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL,
    checksum text NOT NULL
);

CREATE TABLE public.search_account (
    account_id bigint NOT NULL,
    tokens tsvector NOT NULL
);

CREATE TABLE public.search_backlog (
    kind text NOT NULL,
    below bigint NOT NULL
);

CREATE TABLE public.search_post (
    account_id bigint NOT NULL,
    post_id bigint NOT NULL,
    tokens tsvector NOT NULL
);

CREATE TABLE public.second_factor (
    account_id bigint NOT NULL,
    sealed bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    last_step bigint DEFAULT 0 NOT NULL,
    failures smallint DEFAULT 0 NOT NULL,
    failing_since timestamp with time zone
);

CREATE TABLE public.server_secret (
    name text NOT NULL,
    value bytea NOT NULL
);

CREATE TABLE public.session (
    token_hash bytea NOT NULL,
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    user_agent text DEFAULT ''::text NOT NULL,
    address text DEFAULT ''::text NOT NULL,
    proved_at timestamp with time zone,
    push_token_id bigint
);

CREATE TABLE public.setting_change (
    id bigint NOT NULL,
    name text NOT NULL,
    value text,
    by_id bigint,
    at timestamp with time zone NOT NULL
);

CREATE TABLE public.spent_challenge (
    hash bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE public.spent_proof (
    hash bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE public.staff_act (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_id bigint,
    act text NOT NULL,
    subject text NOT NULL,
    details text NOT NULL,
    refused boolean NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT staff_act_act_check CHECK ((act ~ '^[a-z_]+([.][a-z_]+)+$'::text)),
    CONSTRAINT staff_act_details_check CHECK ((details ~ '^[{][ -~]*[}]$'::text)),
    CONSTRAINT staff_act_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT staff_act_subject_check CHECK ((subject ~ '^[a-z_]+(:[!-~]{1,200})?$'::text))
);

CREATE TABLE public.suggestion_dismissed (
    account_id bigint NOT NULL,
    target_id bigint NOT NULL
);

CREATE TABLE public.tag (
    name text NOT NULL,
    display_name text NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.tag_follow (
    account_id bigint NOT NULL,
    tag text NOT NULL,
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.thread_mute (
    account_id bigint NOT NULL,
    thread_id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.trend (
    kind text NOT NULL,
    place smallint NOT NULL,
    name text NOT NULL,
    account_id bigint,
    score double precision NOT NULL,
    numbers jsonb NOT NULL,
    computed_at timestamp with time zone NOT NULL
);

CREATE TABLE public.upload (
    account_id bigint NOT NULL,
    id bigint NOT NULL,
    key text NOT NULL,
    size_bytes bigint NOT NULL,
    received_bytes bigint DEFAULT 0 NOT NULL,
    parts jsonb DEFAULT '[]'::jsonb NOT NULL,
    description text,
    writer bigint,
    writing_until timestamp with time zone,
    media_id bigint,
    expires_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.home_entry ATTACH PARTITION public.home_entry_0 FOR VALUES WITH (modulus 8, remainder 0);

ALTER TABLE ONLY public.home_entry ATTACH PARTITION public.home_entry_1 FOR VALUES WITH (modulus 8, remainder 1);

ALTER TABLE ONLY public.home_entry ATTACH PARTITION public.home_entry_2 FOR VALUES WITH (modulus 8, remainder 2);

ALTER TABLE ONLY public.home_entry ATTACH PARTITION public.home_entry_3 FOR VALUES WITH (modulus 8, remainder 3);

ALTER TABLE ONLY public.home_entry ATTACH PARTITION public.home_entry_4 FOR VALUES WITH (modulus 8, remainder 4);

ALTER TABLE ONLY public.home_entry ATTACH PARTITION public.home_entry_5 FOR VALUES WITH (modulus 8, remainder 5);

ALTER TABLE ONLY public.home_entry ATTACH PARTITION public.home_entry_6 FOR VALUES WITH (modulus 8, remainder 6);

ALTER TABLE ONLY public.home_entry ATTACH PARTITION public.home_entry_7 FOR VALUES WITH (modulus 8, remainder 7);

ALTER TABLE ONLY public.account_counter
    ADD CONSTRAINT account_counter_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY public.account_handle
    ADD CONSTRAINT account_handle_pkey PRIMARY KEY (handle, domain);

ALTER TABLE ONLY public.account_note
    ADD CONSTRAINT account_note_pkey PRIMARY KEY (account_id, target_id);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.admission_head
    ADD CONSTRAINT admission_head_pkey PRIMARY KEY (minute);

ALTER TABLE ONLY public.admission_log
    ADD CONSTRAINT admission_log_pkey PRIMARY KEY (index);

ALTER TABLE ONLY public.admission_node
    ADD CONSTRAINT admission_node_pkey PRIMARY KEY (level, index);

ALTER TABLE ONLY public.admission_tree
    ADD CONSTRAINT admission_tree_pkey PRIMARY KEY (only_one);

ALTER TABLE ONLY public.announcement_dismissal
    ADD CONSTRAINT announcement_dismissal_pkey PRIMARY KEY (account_id, announcement_id);

ALTER TABLE ONLY public.announcement
    ADD CONSTRAINT announcement_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.announcement_reaction
    ADD CONSTRAINT announcement_reaction_pkey PRIMARY KEY (announcement_id, name, account_id);

ALTER TABLE ONLY public.appeal
    ADD CONSTRAINT appeal_pkey PRIMARY KEY (restriction_id);

ALTER TABLE ONLY public.archive
    ADD CONSTRAINT archive_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.block
    ADD CONSTRAINT block_pkey PRIMARY KEY (account_id, target_id);

ALTER TABLE ONLY public.bookmark
    ADD CONSTRAINT bookmark_pkey PRIMARY KEY (account_id, post_id);

ALTER TABLE ONLY public.card
    ADD CONSTRAINT card_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.conversation
    ADD CONSTRAINT conversation_account_id_thread_id_participant_ids_key UNIQUE (account_id, thread_id, participant_ids);

ALTER TABLE ONLY public.conversation
    ADD CONSTRAINT conversation_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.custom_emoji
    ADD CONSTRAINT custom_emoji_pkey PRIMARY KEY (shortcode);

ALTER TABLE ONLY public.data_import
    ADD CONSTRAINT data_import_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.domain_block
    ADD CONSTRAINT domain_block_account_id_id_key UNIQUE (account_id, id);

ALTER TABLE ONLY public.domain_block
    ADD CONSTRAINT domain_block_pkey PRIMARY KEY (account_id, domain);

ALTER TABLE ONLY public.endorsement
    ADD CONSTRAINT endorsement_account_id_id_key UNIQUE (account_id, id);

ALTER TABLE ONLY public.endorsement
    ADD CONSTRAINT endorsement_pkey PRIMARY KEY (account_id, target_id);

ALTER TABLE ONLY public.favourite
    ADD CONSTRAINT favourite_pkey PRIMARY KEY (account_id, post_id);

ALTER TABLE ONLY public.featured_tag
    ADD CONSTRAINT featured_tag_account_id_id_key UNIQUE (account_id, id);

ALTER TABLE ONLY public.featured_tag
    ADD CONSTRAINT featured_tag_pkey PRIMARY KEY (account_id, tag);

ALTER TABLE ONLY public.filter_keyword
    ADD CONSTRAINT filter_keyword_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.filter
    ADD CONSTRAINT filter_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.filter_post
    ADD CONSTRAINT filter_post_account_id_filter_id_post_id_key UNIQUE (account_id, filter_id, post_id);

ALTER TABLE ONLY public.filter_post
    ADD CONSTRAINT filter_post_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.filter_state
    ADD CONSTRAINT filter_state_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY public.follow
    ADD CONSTRAINT follow_pkey PRIMARY KEY (account_id, target_id);

ALTER TABLE ONLY public.follow_request
    ADD CONSTRAINT follow_request_pkey PRIMARY KEY (account_id, requester_id);

ALTER TABLE ONLY public.follower
    ADD CONSTRAINT follower_pkey PRIMARY KEY (account_id, follower_id);

ALTER TABLE ONLY public.gate_change
    ADD CONSTRAINT gate_change_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.gate_minute
    ADD CONSTRAINT gate_minute_pkey PRIMARY KEY (minute);

ALTER TABLE ONLY public.gate_promise
    ADD CONSTRAINT gate_promise_pkey PRIMARY KEY (at, number);

ALTER TABLE ONLY public.gate_state
    ADD CONSTRAINT gate_state_pkey PRIMARY KEY (only_one);

ALTER TABLE ONLY public.half_session
    ADD CONSTRAINT half_session_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY public.health_hour
    ADD CONSTRAINT health_hour_pkey PRIMARY KEY (at, resource);

ALTER TABLE ONLY public.health_minute
    ADD CONSTRAINT health_minute_pkey PRIMARY KEY (at, resource);

ALTER TABLE ONLY public.health_signal
    ADD CONSTRAINT health_signal_pkey PRIMARY KEY (process, resource);

ALTER TABLE ONLY public.home_entry
    ADD CONSTRAINT home_entry_pkey PRIMARY KEY (account_id, post_id);

ALTER TABLE ONLY public.home_entry_0
    ADD CONSTRAINT home_entry_0_pkey PRIMARY KEY (account_id, post_id);

ALTER TABLE ONLY public.home_entry_1
    ADD CONSTRAINT home_entry_1_pkey PRIMARY KEY (account_id, post_id);

ALTER TABLE ONLY public.home_entry_2
    ADD CONSTRAINT home_entry_2_pkey PRIMARY KEY (account_id, post_id);

ALTER TABLE ONLY public.home_entry_3
    ADD CONSTRAINT home_entry_3_pkey PRIMARY KEY (account_id, post_id);

ALTER TABLE ONLY public.home_entry_4
    ADD CONSTRAINT home_entry_4_pkey PRIMARY KEY (account_id, post_id);

ALTER TABLE ONLY public.home_entry_5
    ADD CONSTRAINT home_entry_5_pkey PRIMARY KEY (account_id, post_id);

ALTER TABLE ONLY public.home_entry_6
    ADD CONSTRAINT home_entry_6_pkey PRIMARY KEY (account_id, post_id);

ALTER TABLE ONLY public.home_entry_7
    ADD CONSTRAINT home_entry_7_pkey PRIMARY KEY (account_id, post_id);

ALTER TABLE ONLY public.home_state
    ADD CONSTRAINT home_state_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY public.house_rule
    ADD CONSTRAINT house_rule_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.incident
    ADD CONSTRAINT incident_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.insight_count
    ADD CONSTRAINT insight_count_pkey PRIMARY KEY (day, kind, name);

ALTER TABLE ONLY public.insight_salt
    ADD CONSTRAINT insight_salt_pkey PRIMARY KEY (day);

ALTER TABLE ONLY public.insight_sketch
    ADD CONSTRAINT insight_sketch_pkey PRIMARY KEY (day);

ALTER TABLE ONLY public.insight_visitor
    ADD CONSTRAINT insight_visitor_pkey PRIMARY KEY (day, visitor);

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_code_hash_key UNIQUE (code_hash);

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.link
    ADD CONSTRAINT link_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.link
    ADD CONSTRAINT link_url_hash_key UNIQUE (url_hash);

ALTER TABLE ONLY public.list_member
    ADD CONSTRAINT list_member_pkey PRIMARY KEY (account_id, list_id, member_id);

ALTER TABLE ONLY public.list
    ADD CONSTRAINT list_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.login_email
    ADD CONSTRAINT login_email_pkey PRIMARY KEY (email_hash);

ALTER TABLE ONLY public.login
    ADD CONSTRAINT login_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY public.marker
    ADD CONSTRAINT marker_pkey PRIMARY KEY (account_id, timeline);

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.mute
    ADD CONSTRAINT mute_pkey PRIMARY KEY (account_id, target_id);

ALTER TABLE ONLY public.notification
    ADD CONSTRAINT notification_account_id_dedupe_key_key UNIQUE (account_id, dedupe_key);

ALTER TABLE ONLY public.notification_permission
    ADD CONSTRAINT notification_permission_pkey PRIMARY KEY (account_id, from_id);

ALTER TABLE ONLY public.notification
    ADD CONSTRAINT notification_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.notification_policy
    ADD CONSTRAINT notification_policy_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY public.notification_request
    ADD CONSTRAINT notification_request_account_id_id_key UNIQUE (account_id, id);

ALTER TABLE ONLY public.notification_request
    ADD CONSTRAINT notification_request_pkey PRIMARY KEY (account_id, from_id);

ALTER TABLE ONLY public.oauth_app
    ADD CONSTRAINT oauth_app_client_id_key UNIQUE (client_id);

ALTER TABLE ONLY public.oauth_app
    ADD CONSTRAINT oauth_app_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.oauth_code
    ADD CONSTRAINT oauth_code_pkey PRIMARY KEY (code_hash);

ALTER TABLE ONLY public.oauth_token
    ADD CONSTRAINT oauth_token_id_key UNIQUE (id);

ALTER TABLE ONLY public.oauth_token
    ADD CONSTRAINT oauth_token_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY public.one_time_token
    ADD CONSTRAINT one_time_token_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY public.passkey
    ADD CONSTRAINT passkey_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.pin
    ADD CONSTRAINT pin_pkey PRIMARY KEY (account_id, post_id);

ALTER TABLE ONLY public.poll
    ADD CONSTRAINT poll_pkey PRIMARY KEY (account_id, post_id);

ALTER TABLE ONLY public.poll_vote
    ADD CONSTRAINT poll_vote_pkey PRIMARY KEY (account_id, post_id);

ALTER TABLE ONLY public.post_counter
    ADD CONSTRAINT post_counter_pkey PRIMARY KEY (account_id, post_id);

ALTER TABLE ONLY public.post_directory
    ADD CONSTRAINT post_directory_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.post_edit
    ADD CONSTRAINT post_edit_pkey PRIMARY KEY (account_id, post_id, version);

ALTER TABLE ONLY public.post_link
    ADD CONSTRAINT post_link_pkey PRIMARY KEY (link_id, post_id, account_id);

ALTER TABLE ONLY public.post
    ADD CONSTRAINT post_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.post_tag
    ADD CONSTRAINT post_tag_pkey PRIMARY KEY (tag, post_id, account_id);

ALTER TABLE ONLY public.process_lease
    ADD CONSTRAINT process_lease_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.publish_key
    ADD CONSTRAINT publish_key_pkey PRIMARY KEY (account_id, key);

ALTER TABLE ONLY public.push_subscription
    ADD CONSTRAINT push_subscription_account_id_token_id_key UNIQUE (account_id, token_id);

ALTER TABLE ONLY public.push_subscription
    ADD CONSTRAINT push_subscription_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.receipt_follow
    ADD CONSTRAINT receipt_follow_pkey PRIMARY KEY (receipt_id, target_id);

ALTER TABLE ONLY public.receipt
    ADD CONSTRAINT receipt_number_key UNIQUE (number);

ALTER TABLE ONLY public.receipt
    ADD CONSTRAINT receipt_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.receipt_push
    ADD CONSTRAINT receipt_push_pkey PRIMARY KEY (receipt_id);

ALTER TABLE ONLY public.recovery_code
    ADD CONSTRAINT recovery_code_pkey PRIMARY KEY (account_id, code_hash);

ALTER TABLE ONLY public.report
    ADD CONSTRAINT report_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.repost
    ADD CONSTRAINT repost_pkey PRIMARY KEY (account_id, post_id);

ALTER TABLE ONLY public.restriction
    ADD CONSTRAINT restriction_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.safekeeping
    ADD CONSTRAINT safekeeping_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.schedule
    ADD CONSTRAINT schedule_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.scheduled_post
    ADD CONSTRAINT scheduled_post_pkey PRIMARY KEY (account_id, id);

ALTER TABLE ONLY public.schema_migration
    ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.search_account
    ADD CONSTRAINT search_account_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY public.search_backlog
    ADD CONSTRAINT search_backlog_pkey PRIMARY KEY (kind);

ALTER TABLE ONLY public.search_post
    ADD CONSTRAINT search_post_pkey PRIMARY KEY (account_id, post_id);

ALTER TABLE ONLY public.second_factor
    ADD CONSTRAINT second_factor_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY public.server_secret
    ADD CONSTRAINT server_secret_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_id_key UNIQUE (id);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY public.setting_change
    ADD CONSTRAINT setting_change_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.spent_challenge
    ADD CONSTRAINT spent_challenge_pkey PRIMARY KEY (hash);

ALTER TABLE ONLY public.spent_proof
    ADD CONSTRAINT spent_proof_pkey PRIMARY KEY (hash);

ALTER TABLE ONLY public.staff_act
    ADD CONSTRAINT staff_act_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.suggestion_dismissed
    ADD CONSTRAINT suggestion_dismissed_pkey PRIMARY KEY (account_id, target_id);

ALTER TABLE ONLY public.tag_follow
    ADD CONSTRAINT tag_follow_pkey PRIMARY KEY (account_id, tag);

ALTER TABLE ONLY public.tag
    ADD CONSTRAINT tag_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.thread_mute
    ADD CONSTRAINT thread_mute_pkey PRIMARY KEY (account_id, thread_id);

ALTER TABLE ONLY public.trend
    ADD CONSTRAINT trend_pkey PRIMARY KEY (kind, place);

ALTER TABLE ONLY public.upload
    ADD CONSTRAINT upload_pkey PRIMARY KEY (account_id, id);

CREATE INDEX account_counter_active ON public.account_counter USING btree (last_post_on DESC NULLS LAST, account_id DESC);

CREATE INDEX account_handle_prefix ON public.account USING btree (handle text_pattern_ops);

CREATE INDEX account_name_words ON public.account USING gin (display_name public.gin_trgm_ops);

CREATE INDEX appeal_open ON public.appeal USING btree (restriction_id) WHERE (decided_at IS NULL);

CREATE INDEX block_by_id ON public.block USING btree (account_id, id);

CREATE INDEX block_by_target ON public.block USING btree (target_id);

CREATE INDEX bookmark_by_id ON public.bookmark USING btree (account_id, id);

CREATE INDEX card_of_link ON public.card USING btree (link_id);

CREATE INDEX change_xact ON public.change USING btree (xact) INCLUDE (key);

CREATE INDEX conversation_by_last_post ON public.conversation USING btree (account_id, last_post_id);

CREATE INDEX conversation_of_thread ON public.conversation USING btree (thread_id);

CREATE INDEX favourite_by_id ON public.favourite USING btree (account_id, id);

CREATE INDEX favourite_of_post ON public.favourite USING btree (post_id, id);

CREATE INDEX filter_keyword_of_filter ON public.filter_keyword USING btree (account_id, filter_id);

CREATE INDEX follow_by_id ON public.follow USING btree (account_id, id);

CREATE INDEX follow_merged ON public.follow USING btree (account_id, target_id) WHERE (NOT in_rows);

CREATE INDEX follow_request_by_id ON public.follow_request USING btree (account_id, id);

CREATE INDEX follower_by_id ON public.follower USING btree (account_id, id);

CREATE INDEX gate_change_at ON public.gate_change USING btree (at);

CREATE INDEX gate_promise_called ON public.gate_promise USING btree (called_at) WHERE (called_at IS NOT NULL);

CREATE INDEX gate_promise_open ON public.gate_promise USING btree (number) WHERE (called_at IS NULL);

CREATE INDEX half_session_of_account ON public.half_session USING btree (account_id);

CREATE INDEX incident_by_time ON public.incident USING btree (opened_at DESC);

CREATE UNIQUE INDEX incident_open ON public.incident USING btree (name) WHERE (closed_at IS NULL);

CREATE INDEX insight_visitor_uncounted ON public.insight_visitor USING btree (day, visitor) WHERE (NOT counted);

CREATE INDEX invitation_of_inviter ON public.invitation USING btree (inviter_id, id);

CREATE UNIQUE INDEX job_dedupe ON public.job USING btree (kind, dedupe_key) WHERE (dedupe_key IS NOT NULL);

CREATE INDEX job_leased ON public.job USING btree (kind, leased_until) WHERE (owner IS NOT NULL);

CREATE INDEX job_parked ON public.job USING btree (parked_at) WHERE (parked_at IS NOT NULL);

CREATE INDEX job_suspect ON public.job USING btree (kind, due_at) WHERE ((times_lost > 0) AND (owner IS NULL) AND (parked_at IS NULL));

CREATE INDEX job_waiting ON public.job USING btree (priority, due_at, kind) WHERE ((owner IS NULL) AND (parked_at IS NULL));

CREATE INDEX job_waiting_of_kind ON public.job USING btree (kind, due_at) WHERE ((owner IS NULL) AND (parked_at IS NULL));

CREATE INDEX list_member_of_account ON public.list_member USING btree (account_id, member_id);

CREATE INDEX login_email_hash ON public.login USING btree (email_hash);

CREATE INDEX media_by_id ON public.media USING btree (id);

CREATE INDEX media_of_post ON public.media USING btree (account_id, post_id) WHERE (post_id IS NOT NULL);

CREATE INDEX media_unattached ON public.media USING btree (created_at) WHERE (post_id IS NULL);

CREATE INDEX mute_by_id ON public.mute USING btree (account_id, id);

CREATE INDEX notification_filtered ON public.notification USING btree (account_id, from_id, id) WHERE filtered;

CREATE INDEX notification_of_group ON public.notification USING btree (account_id, group_key, id) WHERE (kind = ANY (ARRAY['favourite'::text, 'repost'::text, 'follow'::text]));

CREATE INDEX oauth_token_of_account ON public.oauth_token USING btree (account_id);

CREATE INDEX oauth_token_of_code ON public.oauth_token USING btree (code_hash) WHERE (code_hash IS NOT NULL);

CREATE INDEX oauth_token_of_receipt ON public.oauth_token USING btree (receipt_id) WHERE (receipt_id IS NOT NULL);

CREATE INDEX one_time_token_of_account ON public.one_time_token USING btree (account_id);

CREATE UNIQUE INDEX passkey_by_credential ON public.passkey USING btree (credential_id);

CREATE INDEX poll_vote_of_post ON public.poll_vote USING btree (post_id, account_id);

CREATE INDEX post_link_of_post ON public.post_link USING btree (account_id, post_id);

CREATE INDEX post_of_thread ON public.post USING btree (thread_id, id) WHERE ((deleted_at IS NULL) AND (repost_of_id IS NULL));

CREATE INDEX post_public ON public.post USING btree (id) WHERE ((visibility = 0) AND (repost_of_id IS NULL) AND (deleted_at IS NULL));

CREATE INDEX post_quotes ON public.post USING btree (quote_of_id, id) WHERE (quote_of_id IS NOT NULL);

CREATE INDEX post_replies ON public.post USING btree (in_reply_to_id) WHERE (in_reply_to_id IS NOT NULL);

CREATE INDEX post_reposts ON public.post USING btree (repost_of_id, id) WHERE ((repost_of_id IS NOT NULL) AND (deleted_at IS NULL));

CREATE INDEX post_tag_of_post ON public.post_tag USING btree (post_id);

CREATE INDEX publish_key_age ON public.publish_key USING btree (created_at);

CREATE INDEX receipt_beside ON public.receipt USING btree (lane, number) WHERE ((state = 0) AND (lane > 0) AND (number IS NOT NULL));

CREATE INDEX receipt_expired ON public.receipt USING btree (ended_at) WHERE ((state = 4) AND (handle IS NOT NULL));

CREATE INDEX receipt_lapsing ON public.receipt USING btree (lapses_at) WHERE (state = 1);

CREATE INDEX receipt_mailbox ON public.receipt USING btree (email_hash) WHERE (state < 2);

CREATE INDEX receipt_of_account ON public.receipt USING btree (account_id) WHERE (account_id IS NOT NULL);

CREATE INDEX receipt_of_invitation ON public.receipt USING btree (invitation_id) WHERE (invitation_id IS NOT NULL);

CREATE UNIQUE INDEX receipt_request ON public.receipt USING btree (request_key) WHERE (request_key IS NOT NULL);

CREATE INDEX receipt_unnumbered ON public.receipt USING btree (id) WHERE (number IS NULL);

CREATE INDEX receipt_waiting ON public.receipt USING btree (number) WHERE ((state = 0) AND (lane < 3) AND (number IS NOT NULL));

CREATE INDEX report_about ON public.report USING btree (target_id, id);

CREATE INDEX report_open ON public.report USING btree (id) WHERE (decided_at IS NULL);

CREATE INDEX restriction_of_account ON public.restriction USING btree (account_id, id);

CREATE UNIQUE INDEX restriction_open ON public.restriction USING btree (account_id, COALESCE(post_id, (0)::bigint), kind) WHERE (lifted_at IS NULL);

CREATE INDEX restriction_with_evidence ON public.restriction USING btree (appeal_until) WHERE (evidence IS NOT NULL);

CREATE INDEX safekeeping_by_time ON public.safekeeping USING btree (what, began_at DESC);

CREATE UNIQUE INDEX scheduled_post_key ON public.scheduled_post USING btree (account_id, key) WHERE (key IS NOT NULL);

CREATE INDEX search_account_tokens ON public.search_account USING gin (tokens);

CREATE INDEX search_post_by_id ON public.search_post USING btree (post_id, account_id);

CREATE INDEX search_post_tokens ON public.search_post USING gin (tokens);

CREATE INDEX session_of_account ON public.session USING btree (account_id);

CREATE INDEX setting_change_by_name ON public.setting_change USING btree (name, id);

CREATE INDEX spent_proof_expiry ON public.spent_proof USING btree (expires_at);

CREATE INDEX staff_act_by_actor ON public.staff_act USING btree (actor_id, id);

CREATE INDEX staff_act_by_subject ON public.staff_act USING btree (subject, id);

CREATE INDEX tag_follow_by_id ON public.tag_follow USING btree (account_id, id);

CREATE INDEX upload_expired ON public.upload USING btree (expires_at);

ALTER INDEX public.home_entry_pkey ATTACH PARTITION public.home_entry_0_pkey;

ALTER INDEX public.home_entry_pkey ATTACH PARTITION public.home_entry_1_pkey;

ALTER INDEX public.home_entry_pkey ATTACH PARTITION public.home_entry_2_pkey;

ALTER INDEX public.home_entry_pkey ATTACH PARTITION public.home_entry_3_pkey;

ALTER INDEX public.home_entry_pkey ATTACH PARTITION public.home_entry_4_pkey;

ALTER INDEX public.home_entry_pkey ATTACH PARTITION public.home_entry_5_pkey;

ALTER INDEX public.home_entry_pkey ATTACH PARTITION public.home_entry_6_pkey;

ALTER INDEX public.home_entry_pkey ATTACH PARTITION public.home_entry_7_pkey;

CREATE TRIGGER change AFTER UPDATE ON public.account FOR EACH ROW EXECUTE FUNCTION public.change_of_person();

CREATE TRIGGER change AFTER DELETE OR UPDATE OF scopes, account_id ON public.oauth_token FOR EACH ROW EXECUTE FUNCTION public.change_of_token();

CREATE TRIGGER change_card AFTER DELETE OR UPDATE ON public.card FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_everybody();

CREATE TRIGGER change_delete AFTER DELETE ON public.account_counter REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_delete AFTER DELETE ON public.block REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_both();

CREATE TRIGGER change_delete AFTER DELETE ON public.bookmark REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_delete AFTER DELETE ON public.domain_block REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_delete AFTER DELETE ON public.favourite REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_delete AFTER DELETE ON public.filter REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_delete AFTER DELETE ON public.filter_keyword REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_delete AFTER DELETE ON public.filter_post REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_delete AFTER DELETE ON public.filter_state REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_delete AFTER DELETE ON public.follow REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_both();

CREATE TRIGGER change_delete AFTER DELETE ON public.list REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_delete AFTER DELETE ON public.list_member REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_delete AFTER DELETE ON public.login REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_delete AFTER DELETE ON public.mute REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_both();

CREATE TRIGGER change_delete AFTER DELETE ON public.notification REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_delete AFTER DELETE ON public.notification_permission REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_delete AFTER DELETE ON public.notification_policy REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_delete AFTER DELETE ON public.notification_request REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_delete AFTER DELETE ON public.pin REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_delete AFTER DELETE ON public.poll REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_delete AFTER DELETE ON public.poll_vote REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_delete AFTER DELETE ON public.post REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_post();

CREATE TRIGGER change_delete AFTER DELETE ON public.post_counter REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_delete AFTER DELETE ON public.post_tag REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_tag();

CREATE TRIGGER change_delete AFTER DELETE ON public.repost REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_delete AFTER DELETE ON public.tag_follow REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_delete AFTER DELETE ON public.thread_mute REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_gone AFTER DELETE ON public.account FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_everybody();

CREATE TRIGGER change_insert AFTER INSERT ON public.account_counter REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.appeal REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.block REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_both();

CREATE TRIGGER change_insert AFTER INSERT ON public.bookmark REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.domain_block REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.favourite REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.filter REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.filter_keyword REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.filter_post REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.filter_state REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.follow REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_both();

CREATE TRIGGER change_insert AFTER INSERT ON public.home_entry REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_home();

CREATE TRIGGER change_insert AFTER INSERT ON public.list REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.list_member REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.login REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.mute REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_both();

CREATE TRIGGER change_insert AFTER INSERT ON public.notification REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.notification_permission REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.notification_policy REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.notification_request REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.pin REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.poll REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.poll_vote REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.post REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_post();

CREATE TRIGGER change_insert AFTER INSERT ON public.post_counter REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.post_tag REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_tag();

CREATE TRIGGER change_insert AFTER INSERT ON public.repost REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.restriction REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.tag_follow REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_insert AFTER INSERT ON public.thread_mute REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.account_counter REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.appeal REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.block REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_both();

CREATE TRIGGER change_update AFTER UPDATE ON public.bookmark REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.domain_block REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.favourite REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.filter REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.filter_keyword REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.filter_post REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.filter_state REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.follow REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_both();

CREATE TRIGGER change_update AFTER UPDATE ON public.list REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.list_member REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.login REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.mute REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_both();

CREATE TRIGGER change_update AFTER UPDATE ON public.notification REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.notification_permission REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.notification_policy REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.notification_request REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.pin REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.poll REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.poll_vote REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.post REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_post();

CREATE TRIGGER change_update AFTER UPDATE ON public.post_counter REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.post_tag REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_tag();

CREATE TRIGGER change_update AFTER UPDATE ON public.repost REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.restriction REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.tag_follow REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_update AFTER UPDATE ON public.thread_mute REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.change_of_account();

CREATE TRIGGER change_withheld AFTER UPDATE OF withheld_as ON public.post FOR EACH ROW WHEN ((old.withheld_as IS DISTINCT FROM new.withheld_as)) EXECUTE FUNCTION public.change_of_everybody();

CREATE TRIGGER fair BEFORE INSERT OR DELETE OR UPDATE ON public.appeal FOR EACH ROW EXECUTE FUNCTION public.appeal_is_fair();

CREATE TRIGGER founded BEFORE INSERT ON public.restriction FOR EACH ROW EXECUTE FUNCTION public.restriction_is_founded();

CREATE TRIGGER staff_act_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON public.staff_act FOR EACH STATEMENT EXECUTE FUNCTION public.staff_act_stays();

CREATE TRIGGER stands BEFORE DELETE OR UPDATE ON public.restriction FOR EACH ROW EXECUTE FUNCTION public.restriction_stands();

ALTER TABLE ONLY public.appeal
    ADD CONSTRAINT appeal_restriction_id_fkey FOREIGN KEY (restriction_id) REFERENCES public.restriction(id);

ALTER TABLE ONLY public.restriction
    ADD CONSTRAINT restriction_rule_id_fkey FOREIGN KEY (rule_id) REFERENCES public.house_rule(id);
