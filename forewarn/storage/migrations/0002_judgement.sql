-- What was thought: forecasts and assessments.

CREATE TABLE forecast (
    datastream_id integer NOT NULL,
    issue_time timestamptz NOT NULL,
    area text NOT NULL,
    model text NOT NULL,
    leads_s integer[] NOT NULL,
    probabilities double precision[] NOT NULL,
    quantiles double precision[] NOT NULL,
    degraded text[] NOT NULL,
    PRIMARY KEY (datastream_id, issue_time)
);
COMMENT ON COLUMN forecast.quantiles IS
    '[lead][probability] in the unit of the datastream, indices as in leads_s and probabilities';

CREATE TABLE assessment (
    datastream_id integer NOT NULL,
    issue_time timestamptz NOT NULL,
    area text NOT NULL,
    hazard text NOT NULL,
    outcome text NOT NULL,
    body jsonb NOT NULL,
    PRIMARY KEY (datastream_id, issue_time)
);
COMMENT ON COLUMN assessment.body IS 'the whole message, as on assessments.v1';
