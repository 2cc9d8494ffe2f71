-- Drills, each with a standing of its own, apart from those of the real world.

CREATE TABLE drill (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    author text NOT NULL,
    reason text NOT NULL,
    start timestamptz NOT NULL,
    "end" timestamptz NOT NULL,
    area text NOT NULL,
    hazard text NOT NULL,
    level smallint NOT NULL,
    siren boolean NOT NULL,
    ended_by text NOT NULL DEFAULT '',
    closed timestamptz,
    state bytea,
    CHECK ("end" > start AND author <> '' AND reason <> '')
);
COMMENT ON COLUMN drill.closed IS 'when everybody had been told that it is over; NULL: not yet';
COMMENT ON COLUMN drill.state IS 'its standing; NULL: the alert service has not begun it';
CREATE INDEX drill_end ON drill ("end" DESC);
CREATE INDEX drill_open ON drill (id) WHERE closed IS NULL;

ALTER TABLE alert ADD COLUMN drill text NOT NULL DEFAULT '',
    ADD COLUMN siren boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN alert.drill IS 'id of the drill it belongs to; empty: none';
COMMENT ON COLUMN alert.siren IS 'a drill for which sirens sound';

-- Acknowledgements are acts of an incident since 0010, which copied them.
DROP TABLE acknowledgement;
