-- What was observed, and what is known to have arrived.

CREATE TABLE datastream (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE
);
COMMENT ON COLUMN datastream.key IS 'station/property, e.g. hangang/stage';

-- No foreign key to datastream: only the writer inserts here, with ids it has just read, and
-- the check would cost as much as the insert.
CREATE TABLE observation (
    datastream_id integer NOT NULL,
    phenomenon_time timestamptz NOT NULL,
    result double precision,
    quality smallint NOT NULL,
    received timestamptz NOT NULL,
    PRIMARY KEY (datastream_id, phenomenon_time),
    CHECK ((result IS NULL) = (quality = 9))
);
COMMENT ON COLUMN observation.result IS 'in the unit of the datastream; NULL exactly when quality is 9';
COMMENT ON COLUMN observation.quality IS 'QARTOD: 1 good, 2 unchecked, 3 suspect, 4 fail, 9 missing';
COMMENT ON COLUMN observation.received IS 'world time at which the gateway had it';

CREATE TABLE delivered (
    gateway text NOT NULL,
    boot_id text NOT NULL,
    seqs int8multirange NOT NULL,
    repeats bigint NOT NULL DEFAULT 0,
    updated timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (gateway, boot_id)
);
COMMENT ON COLUMN delivered.seqs IS 'batches of this start of this agent that are in the database';
COMMENT ON COLUMN delivered.repeats IS 'batches that arrived again after they were stored';

CREATE TABLE rejection (
    digest bytea PRIMARY KEY,
    gateway text NOT NULL,
    received timestamptz NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    datastream text,
    time_ms bigint,
    result double precision,
    payload bytea
);
COMMENT ON COLUMN rejection.digest IS 'of everything but received: the same evidence twice is one row';
CREATE INDEX rejection_received ON rejection (received DESC);
