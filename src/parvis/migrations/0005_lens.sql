-- Who blocks a reader, found by the reader; and what a reply answers, known without looking.

CREATE INDEX block_by_target ON block (target_id);

-- 0 to 3 as `visibility`, 4 once the parent is gone, null for what answers nothing. Audiences never change, so this
-- needs no upkeep but at a parent's removal.
ALTER TABLE post ADD COLUMN parent_visibility smallint;

UPDATE post c
   SET parent_visibility = CASE WHEN q.deleted_at IS NULL THEN q.visibility ELSE 4 END
  FROM post q
 WHERE q.account_id = c.in_reply_to_account_id AND q.id = c.in_reply_to_id;

CREATE INDEX post_replies ON post (in_reply_to_id) WHERE in_reply_to_id IS NOT NULL;
