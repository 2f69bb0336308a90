-- Why a post for later could not be published, as field and word: pages say it in the visitor's language. Older ones have none.
ALTER TABLE scheduled_post ADD COLUMN problem_field text, ADD COLUMN problem_code text;
