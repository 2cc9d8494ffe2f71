-- Who is told of which incident, on what channel, and what became of it.

CREATE TABLE notification (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    person text NOT NULL,
    text text NOT NULL,
    priority smallint NOT NULL,
    urgent boolean NOT NULL,
    due_at timestamptz NOT NULL,
    channel smallint NOT NULL DEFAULT 0,
    via text NOT NULL DEFAULT '',
    attempts integer NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sending', 'accepted',
        'delivered', 'read', 'acked', 'failed')),
    error text NOT NULL DEFAULT '',
    next_try timestamptz NOT NULL DEFAULT now(),
    claimed_until timestamptz,
    accepted_at timestamptz,
    delivered_at timestamptz,
    read_at timestamptz,
    acked_at timestamptz,
    failed_at timestamptz
);
COMMENT ON COLUMN notification.key IS 'idempotency key: the same for every attempt on every channel';
COMMENT ON COLUMN notification.due_at IS 'world time, as all the _at are; next_try and claimed_until are real time';
COMMENT ON COLUMN notification.channel IS 'index into the channels of the person';
CREATE INDEX notification_open ON notification (priority DESC, due_at, id)
    WHERE state IN ('queued', 'sending');
CREATE INDEX notification_person ON notification (person, due_at DESC);

-- One message for each person, incident and state, whatever crashes.
CREATE TABLE notified (
    person text NOT NULL,
    incident text NOT NULL REFERENCES incident (incident),
    state text NOT NULL,
    kind text NOT NULL,
    level smallint NOT NULL,
    step smallint NOT NULL,
    notification bigint NOT NULL REFERENCES notification (id),
    PRIMARY KEY (person, incident, state)
);
CREATE INDEX notified_incident ON notified (incident);
CREATE INDEX notified_notification ON notified (notification);
