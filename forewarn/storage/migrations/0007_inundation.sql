-- Where water will stand: a day of maps of each area.

CREATE TABLE inundation (
    area text NOT NULL,
    issue_time timestamptz NOT NULL,
    failed boolean NOT NULL,
    body jsonb NOT NULL,
    PRIMARY KEY (area, issue_time)
);
COMMENT ON COLUMN inundation.body IS 'the whole message, as on inundations.v1';
