-- What officers see and do: incidents, their acts, and silences.

CREATE TABLE incident (
    incident text PRIMARY KEY,
    area text NOT NULL,
    hazard text NOT NULL,
    datastream text NOT NULL,
    status text NOT NULL,
    drill text NOT NULL,
    state text NOT NULL,
    level smallint NOT NULL,
    highest smallint NOT NULL,
    headline text NOT NULL,
    identifier text NOT NULL,
    opened timestamptz NOT NULL,
    changed timestamptz NOT NULL,
    expires timestamptz,
    ended timestamptz,
    draft jsonb,
    acked_by text NOT NULL DEFAULT '',
    acked_at timestamptz,
    assigned_to text NOT NULL DEFAULT '',
    shelved_until timestamptz,
    shelved_level smallint NOT NULL DEFAULT 0,
    escalations integer NOT NULL DEFAULT 0
);
COMMENT ON COLUMN incident.draft IS 'a message that waits for people; NULL where none does';
CREATE INDEX incident_live ON incident (state, opened DESC);
CREATE INDEX incident_opened ON incident (opened DESC);

-- Incidents that began before this table was there.
INSERT INTO incident (incident, area, hazard, datastream, status, drill, state, level, highest,
    headline, identifier, opened, changed, expires, ended)
SELECT newest.incident, newest.area, newest.hazard, newest.datastream, newest.status, '',
    CASE newest.msg_type WHEN 'Cancel' THEN 'cancelled' ELSE 'issued' END, newest.level,
    span.highest, newest.headline, newest.identifier, span.opened, newest.sent, newest.expires,
    CASE newest.msg_type WHEN 'Cancel' THEN newest.sent END
FROM (SELECT DISTINCT ON (incident) * FROM alert ORDER BY incident, number DESC) newest
JOIN (SELECT incident, max(level) AS highest, min(sent) AS opened FROM alert GROUP BY incident) span
    USING (incident);
UPDATE incident SET acked_by = first.author, acked_at = first.at
FROM (SELECT DISTINCT ON (incident) incident, author, at FROM acknowledgement
    ORDER BY incident, at) first
WHERE first.incident = incident.incident;

CREATE TABLE action (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    author text NOT NULL,
    act text NOT NULL,
    incident text NOT NULL REFERENCES incident (incident),
    detail jsonb NOT NULL,
    taken timestamptz,
    refused text NOT NULL DEFAULT ''
);
CREATE INDEX action_incident ON action (incident, number);
CREATE INDEX action_waiting ON action (number) WHERE taken IS NULL;
INSERT INTO action (at, author, act, incident, detail, taken)
SELECT at, author, 'ack', incident, jsonb_build_object('text', comment), at FROM acknowledgement;

CREATE TABLE silence (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    author text NOT NULL,
    reason text NOT NULL,
    start timestamptz NOT NULL,
    "end" timestamptz NOT NULL,
    ended_by text NOT NULL DEFAULT '',
    area text NOT NULL,
    hazard text NOT NULL,
    datastream text NOT NULL,
    up_to smallint NOT NULL,
    CHECK ("end" > start AND author <> '' AND reason <> '')
);
CREATE INDEX silence_end ON silence ("end" DESC);
