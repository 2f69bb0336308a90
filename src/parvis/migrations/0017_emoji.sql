-- Pictures of this place that stand for words between colons.

CREATE TABLE custom_emoji (
    shortcode   text PRIMARY KEY,
    key         text NOT NULL,                               -- in the media store
    category    text,
    listed      boolean NOT NULL DEFAULT true,               -- pickers show it
    created_at  timestamptz NOT NULL
);
