-- What visitors did, as numbers of a day. Nothing here names a person, and nothing leads from a row to one.
--
-- The day's salt and what it made of visitors are unlogged: neither the journal nor a base backup ever holds them.

CREATE UNLOGGED TABLE insight_salt (
    day     date PRIMARY KEY,
    salt    bytea NOT NULL
);

CREATE UNLOGGED TABLE insight_visitor (                       -- who was here in the last half hour
    day     date NOT NULL,
    visitor bigint NOT NULL,                                  -- a salted hash
    before  timestamptz,                                      -- seen_at as it was when they came once more
    seen_at timestamptz NOT NULL,
    counted boolean NOT NULL DEFAULT false,                   -- in the day's sketch
    PRIMARY KEY (day, visitor)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX insight_visitor_uncounted ON insight_visitor (day, visitor) WHERE NOT counted;

CREATE TABLE insight_sketch (                                 -- unique visitors of a day, as HyperLogLog
    day     date PRIMARY KEY,
    sketch  bytea NOT NULL
);

CREATE TABLE insight_count (
    day     date NOT NULL,
    kind    text NOT NULL,                                    -- domain/insights/definitions.py says what each means
    name    text NOT NULL,
    count   bigint NOT NULL,
    PRIMARY KEY (day, kind, name)
);
