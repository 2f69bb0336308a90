-- What was measured, by the minute for thirty days and by the hour for two years; and what went wrong, from when to when.

ALTER TABLE job ADD COLUMN leased_at timestamptz;             -- since when it is under way; meaningless without an owner

CREATE TABLE health_minute (
    at       timestamptz NOT NULL,                            -- its beginning
    resource text NOT NULL,
    used     double precision NOT NULL,                       -- means of the minute, of all processes together
    use      double precision NOT NULL,
    peak     double precision NOT NULL,                       -- the largest use
    capacity double precision,
    facts    jsonb NOT NULL,
    PRIMARY KEY (at, resource)
);

CREATE TABLE health_hour (
    LIKE health_minute INCLUDING ALL
);

CREATE TABLE incident (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name      text NOT NULL,                                  -- of the rule
    opened_at timestamptz NOT NULL,
    seen_at   timestamptz NOT NULL,                           -- last time
    closed_at timestamptz,
    blame     double precision NOT NULL,                      -- the largest
    verdict   jsonb NOT NULL,                                 -- verdicts.Verdict, as it was when it blamed most
    told_at   timestamptz,                                    -- that it began
    ended_told_at timestamptz                                 -- that it is over
);
CREATE UNIQUE INDEX incident_open ON incident (name) WHERE closed_at IS NULL;
CREATE INDEX incident_by_time ON incident (opened_at DESC);

CREATE TABLE safekeeping (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    what     text NOT NULL CHECK (what IN ('backup', 'drill')),
    began_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    problem  text NOT NULL DEFAULT '',                        -- empty: it went well
    facts    jsonb NOT NULL DEFAULT '{}'                      -- counts, sizes, seconds, by name
);
CREATE INDEX safekeeping_by_time ON safekeeping (what, began_at DESC);
