-- Why an upload was refused, as a word: pages say it in the visitor's language. Older refusals have none.
ALTER TABLE media ADD COLUMN problem_code text;
