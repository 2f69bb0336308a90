-- Restrictions with reasons, and appeals. What makes them fair is demanded here, where no program can forget it.

-- Whoever is frozen acts no more; nothing of theirs is hidden.
ALTER TABLE account ADD COLUMN frozen boolean NOT NULL DEFAULT false;

-- A post that is withheld has visibility 4, so that every condition on visibility leaves it out; these keep what was.
ALTER TABLE post ADD COLUMN withheld_as smallint,             -- its visibility before
                 ADD COLUMN warned_as boolean;                -- whether it was sensitive before the moderators said so

CREATE TRIGGER change_withheld AFTER UPDATE OF withheld_as ON post FOR EACH ROW
    WHEN (OLD.withheld_as IS DISTINCT FROM NEW.withheld_as) EXECUTE FUNCTION change_of_everybody();

ALTER TABLE notification ADD COLUMN restriction_id bigint;    -- what a moderation_warning is about

ALTER TABLE report ADD COLUMN evidence jsonb,                 -- the posts as they were when they were reported
                   ADD COLUMN decided_by_id bigint,
                   ADD COLUMN outcome text CHECK (outcome IN ('restricted', 'no_fault')),
                   ADD COLUMN answer text;                    -- why, in the moderator's words
CREATE INDEX report_about ON report (target_id, id);

CREATE TABLE restriction (
    id            bigint PRIMARY KEY,
    account_id    bigint NOT NULL,                            -- whom it restricts, or whose post
    post_id       bigint,                                     -- null: the account itself
    kind          text NOT NULL,
    rule_id       bigint NOT NULL REFERENCES house_rule (id),
    rule_text     text NOT NULL,                              -- as it was then
    reason        text NOT NULL CHECK (char_length(btrim(reason)) BETWEEN 10 AND 2000),
    moderator_id  bigint NOT NULL CHECK (moderator_id <> account_id),
    report_id     bigint,
    evidence      jsonb,                                      -- what was there, by value; null once it has been let go
    appeal_until  timestamptz NOT NULL,
    made_at       timestamptz NOT NULL,
    lifted_at     timestamptz,
    lifted_by_id  bigint,
    lifted_why    text CHECK (char_length(btrim(lifted_why)) BETWEEN 10 AND 2000),
    CHECK (kind IN ('freeze', 'limit', 'suspend', 'withhold', 'warn_media')),
    CHECK ((post_id IS NOT NULL) = (kind IN ('withhold', 'warn_media'))),
    CHECK (num_nulls(lifted_at, lifted_by_id, lifted_why) IN (0, 3)),
    CHECK (appeal_until > made_at)
);
CREATE UNIQUE INDEX restriction_open ON restriction (account_id, coalesce(post_id, 0), kind) WHERE lifted_at IS NULL;
CREATE INDEX restriction_of_account ON restriction (account_id, id);
CREATE INDEX restriction_with_evidence ON restriction (appeal_until) WHERE evidence IS NOT NULL;

CREATE TABLE appeal (
    restriction_id  bigint PRIMARY KEY REFERENCES restriction (id),   -- once
    account_id      bigint NOT NULL,
    text            text NOT NULL CHECK (char_length(btrim(text)) BETWEEN 1 AND 2000),
    made_at         timestamptz NOT NULL,
    decided_at      timestamptz,
    decided_by_id   bigint,
    lifts           boolean,
    answer          text CHECK (char_length(btrim(answer)) BETWEEN 10 AND 2000),
    CHECK (num_nulls(decided_at, decided_by_id, lifts, answer) IN (0, 4))
);
CREATE INDEX appeal_open ON appeal (restriction_id) WHERE decided_at IS NULL;

CREATE FUNCTION restriction_is_founded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM house_rule WHERE id = NEW.rule_id AND text = NEW.rule_text AND removed_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE check_violation USING MESSAGE = 'a restriction names a published rule, in the words it has';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER founded BEFORE INSERT ON restriction FOR EACH ROW EXECUTE FUNCTION restriction_is_founded();

-- What was said stays said. A restriction is lifted once; its evidence is let go once nobody can ask for it any more.
CREATE FUNCTION restriction_stands() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER stands BEFORE UPDATE OR DELETE ON restriction FOR EACH ROW EXECUTE FUNCTION restriction_stands();

-- An appeal is made by whom it concerns, in time, and judged by somebody else than who restricted.
CREATE FUNCTION appeal_is_fair() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER fair BEFORE INSERT OR UPDATE OR DELETE ON appeal FOR EACH ROW EXECUTE FUNCTION appeal_is_fair();

-- Notifications show restrictions and what became of appeals, so what is remembered of them is told.
CREATE TRIGGER change_insert AFTER INSERT ON restriction REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION change_of_account();
CREATE TRIGGER change_update AFTER UPDATE ON restriction REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION change_of_account();
CREATE TRIGGER change_insert AFTER INSERT ON appeal REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION change_of_account();
CREATE TRIGGER change_update AFTER UPDATE ON appeal REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION change_of_account();
