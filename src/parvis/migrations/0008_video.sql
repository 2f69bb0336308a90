-- Video and sound: where the upload is kept until everything is made of it, how far that is, and why it was refused.

ALTER TABLE media ADD COLUMN source_key text;                 -- never served; null once it is no longer needed
ALTER TABLE media ADD COLUMN percent smallint NOT NULL DEFAULT 0;
ALTER TABLE media ADD COLUMN doing text;                      -- what is being done to it, for its owner
ALTER TABLE media ADD COLUMN problem text;                    -- why it was refused; its state is `refused` then
