-- What is created over the data API. A row of site.toml has a name from there as its key, a row
-- that was created has `guest:<id>`; a datastream that was created has `guest-<id>/<property>`.

ALTER TABLE location
    ADD COLUMN encoding text NOT NULL DEFAULT 'application/geo+json',
    ADD COLUMN properties jsonb NOT NULL DEFAULT '{}';
ALTER TABLE feature
    ADD COLUMN encoding text NOT NULL DEFAULT 'application/geo+json',
    ADD COLUMN properties jsonb NOT NULL DEFAULT '{}';
ALTER TABLE sensor ADD COLUMN properties jsonb NOT NULL DEFAULT '{}';
ALTER TABLE observed_property ADD COLUMN properties jsonb NOT NULL DEFAULT '{}';

ALTER TABLE thing_datastream
    ALTER COLUMN feature_id DROP NOT NULL,
    ADD COLUMN observation_type text NOT NULL
        DEFAULT 'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement';
COMMENT ON COLUMN thing_datastream.feature_id IS 'of its observations; NULL before the first of them';

CREATE TABLE observation_remark (
    datastream_id integer NOT NULL,
    phenomenon_time timestamptz NOT NULL,
    feature_id integer REFERENCES feature,
    began timestamptz,
    valid_time text,
    parameters jsonb,
    PRIMARY KEY (datastream_id, phenomenon_time)
);
COMMENT ON TABLE observation_remark IS 'what was said beside an observation, for which the wire has no place';
COMMENT ON COLUMN observation_remark.feature_id IS 'where it is not that of the datastream';
COMMENT ON COLUMN observation_remark.began IS 'of an interval that ended at phenomenon_time';
CREATE INDEX observation_remark_feature ON observation_remark (feature_id);

CREATE INDEX rejection_of_things ON rejection (datastream, time_ms) WHERE gateway = 'things-api';
