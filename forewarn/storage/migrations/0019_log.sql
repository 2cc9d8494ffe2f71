-- What officers write down during a shift, and what one hands over to the next.

CREATE TABLE log_entry (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    at timestamptz NOT NULL,
    noted timestamptz NOT NULL,
    written timestamptz NOT NULL DEFAULT now(),
    author text NOT NULL,
    category text NOT NULL CHECK (category IN ('note', 'call', 'measure', 'fault')),
    text text NOT NULL,
    incident text REFERENCES incident (incident),
    corrects bigint UNIQUE REFERENCES log_entry (number),
    CHECK (author <> '' AND text <> '')
);
COMMENT ON COLUMN log_entry.key IS 'made by who writes it, so that it can be sent again: one entry';
COMMENT ON COLUMN log_entry.at IS 'world time at which it happened';
COMMENT ON COLUMN log_entry.noted IS 'world time at which it was written down';
COMMENT ON COLUMN log_entry.written IS 'real time, by the database''s clock';
COMMENT ON COLUMN log_entry.corrects IS 'the entry that this one takes the place of; it stays';
CREATE INDEX log_entry_at ON log_entry (at DESC, number DESC);

CREATE TABLE handover (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    at timestamptz NOT NULL,
    written timestamptz NOT NULL DEFAULT now(),
    author text NOT NULL,
    receiver text NOT NULL,
    open_points text NOT NULL,
    shown jsonb NOT NULL,
    CHECK (author <> '' AND receiver <> '' AND author <> receiver)
);
COMMENT ON COLUMN handover.shown IS 'what was live and what was not known, as it was shown then';
CREATE INDEX handover_at ON handover (at DESC, number DESC);

CREATE TABLE taken_over (
    handover bigint PRIMARY KEY REFERENCES handover (number),
    at timestamptz NOT NULL,
    written timestamptz NOT NULL DEFAULT now(),
    by text NOT NULL
);

CREATE FUNCTION refuse_log_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the shift log is only added to: write a correction';
END
$$;
CREATE TRIGGER log_entry_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON log_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_log_change();
CREATE TRIGGER handover_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON handover
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_log_change();
CREATE TRIGGER taken_over_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON taken_over
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_log_change();

-- The log of a shift asks for all of these by time.
CREATE INDEX alert_sent ON alert (sent DESC, number DESC);
CREATE INDEX action_at ON action (at DESC, number DESC);
