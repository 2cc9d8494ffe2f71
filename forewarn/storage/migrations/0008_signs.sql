-- How the city, its venues and its gateways are.

CREATE TABLE vital (
    indicator text NOT NULL,
    time timestamptz NOT NULL,
    area text NOT NULL,
    value double precision,
    state text NOT NULL,
    body jsonb NOT NULL,
    PRIMARY KEY (indicator, time)
);
COMMENT ON COLUMN vital.body IS 'the sign, as in the message on vitals.v1';
COMMENT ON COLUMN vital.value IS 'null where it could not be computed';

CREATE TABLE programme (
    venue text PRIMARY KEY,
    issue_time timestamptz NOT NULL,
    body jsonb NOT NULL
);
COMMENT ON TABLE programme IS 'the newest advice for each venue; its history is in assessment';

CREATE TABLE gateway_status (
    gateway text PRIMARY KEY,
    heard timestamptz NOT NULL,
    body jsonb NOT NULL
);
COMMENT ON COLUMN gateway_status.heard IS 'when we heard it, by our clock';
