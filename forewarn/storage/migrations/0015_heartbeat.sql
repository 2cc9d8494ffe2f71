-- The newest canary that each service has had in its hands: one row a service.

CREATE TABLE heartbeat (
    service text PRIMARY KEY,
    canary timestamptz NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN heartbeat.canary IS 'phenomenon time of the canary, world time';
COMMENT ON COLUMN heartbeat.at IS 'real time, by the database''s clock';
