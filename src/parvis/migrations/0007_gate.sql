-- What processes measure, and how the door stands.

CREATE TABLE health_signal (                                  -- the latest of each process; derived, and soon too old to matter
    process      text NOT NULL,
    resource     text NOT NULL,
    role         text NOT NULL,                               -- web, work
    host         text NOT NULL,
    measured_at  timestamptz NOT NULL,
    used         double precision NOT NULL,                   -- in the resource's unit
    use          double precision NOT NULL,                   -- the share of what there is
    capacity     double precision,                            -- all there is, where it can be counted
    facts        jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (process, resource)
) WITH (fillfactor = 50);

CREATE TABLE gate_state (
    only_one        boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    mode            text NOT NULL DEFAULT 'auto' CHECK (mode IN ('auto', 'open', 'cap', 'pause')),
    cap_per_s       double precision,
    message         text,                                     -- why it is paused, for everybody to read
    decided_at      timestamptz,                              -- null until the first decision
    rate_per_s      double precision,
    target_per_s    double precision,
    binding         text,                                     -- the resource that gives the rate
    tokens          double precision NOT NULL DEFAULT 0,      -- how many may come in at once until the next decision
    came            bigint NOT NULL DEFAULT 0,                -- how many did
    last_number     bigint NOT NULL DEFAULT 0,                -- of the receipts known to the last decision
    memory          jsonb NOT NULL DEFAULT '{}',
    published       jsonb NOT NULL DEFAULT '{}'               -- what people are told: ranges, and how often they held
) WITH (fillfactor = 20);
INSERT INTO gate_state DEFAULT VALUES;

CREATE TABLE gate_change (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    mode        text NOT NULL,
    rate_per_s  double precision,
    binding     text,
    message     text,
    by_id       bigint,                                       -- the operator's account; null: the gate itself, or the command line
    measured    jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX gate_change_at ON gate_change (at);

CREATE TABLE gate_minute (
    minute      timestamptz PRIMARY KEY,
    rate_per_s  double precision NOT NULL,
    binding     text NOT NULL,
    received    bigint NOT NULL,
    admitted    bigint NOT NULL,
    waiting     bigint NOT NULL
);

CREATE TABLE gate_promise (                                   -- what those at some places were told, to be compared with what came
    at         timestamptz NOT NULL,
    number     bigint NOT NULL,
    low_s      double precision NOT NULL,
    middle_s   double precision NOT NULL,
    high_s     double precision NOT NULL,
    called_at  timestamptz,
    kept       boolean,
    PRIMARY KEY (at, number)
);
CREATE INDEX gate_promise_open ON gate_promise (number) WHERE called_at IS NULL;
CREATE INDEX gate_promise_called ON gate_promise (called_at) WHERE called_at IS NOT NULL;
