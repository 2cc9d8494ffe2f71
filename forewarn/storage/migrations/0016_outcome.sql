-- What became of the warnings, by level, and what officers remark afterwards.

CREATE TABLE outcome (
    event text NOT NULL,
    level smallint NOT NULL,
    area text NOT NULL,
    hazard text NOT NULL,
    datastream text NOT NULL,
    status text NOT NULL,
    verdict text NOT NULL,
    why text NOT NULL,
    began timestamptz NOT NULL,
    threshold double precision,
    warned timestamptz,
    promised timestamptz,
    crossed timestamptz,
    lead_s double precision,
    uncertain_s double precision,
    cancelled_by text NOT NULL,
    decided_by text NOT NULL,
    PRIMARY KEY (event, level)
);
COMMENT ON COLUMN outcome.event IS 'an incident, or miss.<hazard>.<datastream>.<time> where there was none';
CREATE INDEX outcome_began ON outcome (began);

CREATE TABLE remark (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event text NOT NULL,
    at timestamptz NOT NULL,
    author text NOT NULL,
    text text NOT NULL,
    confirmed boolean,
    CHECK (author <> '' AND text <> '')
);
CREATE INDEX remark_event ON remark (event, number);
