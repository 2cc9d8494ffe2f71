-- Warnings of other authorities: what came, what each replaces, and how each source fares.

CREATE TABLE foreign_alert (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    sender text NOT NULL,
    identifier text NOT NULL,
    sent timestamptz NOT NULL,
    msg_type text NOT NULL,
    status text NOT NULL,
    scope text NOT NULL,
    note text NOT NULL,
    expires timestamptz NOT NULL,
    areas text[] NOT NULL,
    located boolean NOT NULL,
    infos jsonb NOT NULL,
    signed_by text NOT NULL,
    received timestamptz NOT NULL DEFAULT now(),
    cap bytea NOT NULL,
    UNIQUE (source, sender, identifier, sent)
);
COMMENT ON COLUMN foreign_alert.received IS 'real time, by the clock of the database';
COMMENT ON COLUMN foreign_alert.located IS 'false: the area is given in words alone';
CREATE INDEX foreign_alert_expires ON foreign_alert (expires);

CREATE TABLE foreign_reference (
    number bigint NOT NULL REFERENCES foreign_alert (number) ON DELETE CASCADE,
    source text NOT NULL,
    sender text NOT NULL,
    identifier text NOT NULL,
    sent timestamptz NOT NULL,
    PRIMARY KEY (source, sender, identifier, sent, number)
);
COMMENT ON TABLE foreign_reference IS 'which messages an Actual Update or Cancel is about';
CREATE INDEX foreign_reference_number ON foreign_reference (number);

CREATE TABLE foreign_source (
    source text PRIMARY KEY,
    url text NOT NULL,
    asked timestamptz NOT NULL,
    answered timestamptz,
    error text NOT NULL,
    refused jsonb NOT NULL
);
COMMENT ON COLUMN foreign_source.answered IS 'when it was last read, in real time; NULL: never';
COMMENT ON COLUMN foreign_source.refused IS 'of the last look: what was not taken, and why';
