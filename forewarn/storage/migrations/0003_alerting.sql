-- What the public was told, who was reached, and who answered.

CREATE TABLE alert (
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    identifier text PRIMARY KEY,
    incident text NOT NULL,
    msg_type text NOT NULL,
    status text NOT NULL,
    sent timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    area text NOT NULL,
    hazard text NOT NULL,
    datastream text NOT NULL,
    level smallint NOT NULL,
    previous_level smallint NOT NULL,
    headline text NOT NULL,
    probability double precision,
    onset timestamptz,
    lead_s integer,
    threshold double precision,
    "references" text[] NOT NULL,
    cap text NOT NULL
);
COMMENT ON COLUMN alert.number IS 'order of storing; the highest of an incident is its newest message';
CREATE INDEX alert_incident ON alert (incident, number DESC);

CREATE TABLE standing (
    area text NOT NULL,
    hazard text NOT NULL,
    datastream text NOT NULL,
    state bytea NOT NULL,
    PRIMARY KEY (area, hazard, datastream)
);

CREATE TABLE delivery (
    identifier text NOT NULL REFERENCES alert (identifier),
    channel text NOT NULL,
    attempts integer NOT NULL,
    delivered timestamptz,
    error text NOT NULL DEFAULT '',
    PRIMARY KEY (identifier, channel)
);

CREATE TABLE acknowledgement (
    incident text NOT NULL,
    author text NOT NULL,
    identifier text NOT NULL REFERENCES alert (identifier),
    comment text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (incident, author)
);
COMMENT ON COLUMN acknowledgement.identifier IS 'the message that was acknowledged';
