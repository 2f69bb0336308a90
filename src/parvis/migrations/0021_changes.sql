-- Whom a change is about, written in the transaction that makes it. Web processes read here whether what they remember
-- is still true, so every table that a page of posts is made of tells here; tests name the others.
--
-- A key is an account's id. Besides: 0 is about everybody, -1 public posts as a whole, other negative numbers a hashtag
-- or a thread.

CREATE TABLE change (
    xact    xid8 NOT NULL DEFAULT pg_current_xact_id(),
    key     bigint NOT NULL,
    at      timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (autovacuum_vacuum_scale_factor = 0.2, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX change_xact ON change (xact) INCLUDE (key);

CREATE FUNCTION tag_key(tag text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN -2 - (hashtextextended(tag, 0) & 9223372036854775805);

CREATE FUNCTION change_of_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO change (key) SELECT DISTINCT account_id FROM changed;
    RETURN NULL;
END $$;

CREATE FUNCTION change_of_both() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO change (key) SELECT account_id FROM changed UNION SELECT target_id FROM changed;
    RETURN NULL;
END $$;

CREATE FUNCTION change_of_post() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO change (key)
        SELECT account_id FROM changed
         UNION
        SELECT -thread_id FROM changed WHERE in_reply_to_id IS NOT NULL
         UNION
        SELECT -1 FROM changed WHERE visibility = 0 AND repost_of_id IS NULL;
    RETURN NULL;
END $$;

CREATE FUNCTION change_of_tag() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO change (key) SELECT tag_key(tag) FROM changed UNION SELECT account_id FROM changed;
    RETURN NULL;
END $$;

-- Rows of home come for many readers of one author, or for one reader of many authors.
CREATE FUNCTION change_of_home() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(DISTINCT account_id) <= count(DISTINCT author_id) FROM changed) THEN
        INSERT INTO change (key) SELECT DISTINCT account_id FROM changed;
    ELSE
        INSERT INTO change (key) SELECT DISTINCT author_id FROM changed;
    END IF;
    RETURN NULL;
END $$;

-- Who is not active any more, or is again, changes pages on which they do not stand.
CREATE FUNCTION change_of_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO change (key) VALUES (CASE WHEN OLD.state = NEW.state THEN NEW.id ELSE 0 END);
    RETURN NULL;
END $$;

CREATE FUNCTION change_of_everybody() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO change (key) VALUES (0);
    RETURN NULL;
END $$;

CREATE TRIGGER change AFTER UPDATE ON account FOR EACH ROW EXECUTE FUNCTION change_of_person();
CREATE TRIGGER change_gone AFTER DELETE ON account FOR EACH STATEMENT EXECUTE FUNCTION change_of_everybody();
CREATE TRIGGER change_card AFTER UPDATE OR DELETE ON card FOR EACH STATEMENT EXECUTE FUNCTION change_of_everybody();

DO $$
DECLARE
    one record;
    act text;
BEGIN
    FOR one IN
        SELECT name, function
          FROM (VALUES
            ('account_counter', 'account'), ('post_counter', 'account'), ('favourite', 'account'),
            ('bookmark', 'account'), ('repost', 'account'), ('pin', 'account'), ('poll', 'account'),
            ('poll_vote', 'account'), ('thread_mute', 'account'), ('filter', 'account'), ('filter_keyword', 'account'),
            ('filter_post', 'account'), ('filter_state', 'account'), ('list', 'account'), ('list_member', 'account'),
            ('tag_follow', 'account'), ('domain_block', 'account'), ('login', 'account'), ('notification', 'account'),
            ('notification_policy', 'account'), ('notification_request', 'account'), ('notification_permission', 'account'),
            ('block', 'both'), ('mute', 'both'), ('follow', 'both'),
            ('post', 'post'), ('post_tag', 'tag'), ('home_entry', 'home')) AS named (name, function)
    LOOP
        FOREACH act IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE'] LOOP
            CONTINUE WHEN one.name = 'home_entry' AND act <> 'INSERT';  -- a row that goes shows nothing by its going
            EXECUTE format(
                'CREATE TRIGGER change_%s AFTER %s ON %I REFERENCING %s TABLE AS changed '
                'FOR EACH STATEMENT EXECUTE FUNCTION change_of_%s()',
                lower(act), act, one.name, CASE act WHEN 'DELETE' THEN 'OLD' ELSE 'NEW' END, one.function);
        END LOOP;
    END LOOP;
END $$;

-- A token that is used says so in its row; only what it opens, and its end, matter here.
CREATE FUNCTION change_of_token() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.account_id IS NOT NULL THEN
        INSERT INTO change (key) VALUES (OLD.account_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER change AFTER DELETE OR UPDATE OF scopes, account_id ON oauth_token
    FOR EACH ROW EXECUTE FUNCTION change_of_token();
