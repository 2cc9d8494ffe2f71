-- What is asked about beside observations: where they are made, of what, and by what. The names
-- are those of SensorThings 1.1 where it has one, but no table has its shape of answers.

CREATE TABLE thing (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    name text NOT NULL,
    description text NOT NULL,
    properties jsonb NOT NULL
);
COMMENT ON COLUMN thing.key IS 'of a station: its id in site.toml';

CREATE TABLE location (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    name text NOT NULL,
    description text NOT NULL,
    place jsonb NOT NULL
);
COMMENT ON COLUMN location.key IS 'station@latitude,longitude: a station that is moved has two';
COMMENT ON COLUMN location.place IS 'GeoJSON, longitude first';

CREATE TABLE thing_location (
    thing_id integer NOT NULL REFERENCES thing,
    location_id integer NOT NULL REFERENCES location,
    PRIMARY KEY (thing_id, location_id)
);
COMMENT ON TABLE thing_location IS 'where things are now';

CREATE TABLE historical_location (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    thing_id integer NOT NULL REFERENCES thing,
    location_id integer NOT NULL REFERENCES location,
    time timestamptz NOT NULL
);
COMMENT ON COLUMN historical_location.time IS 'world time at which the thing was first told to be there';

CREATE TABLE sensor (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    name text NOT NULL,
    description text NOT NULL,
    encoding text NOT NULL,
    metadata text NOT NULL
);

CREATE TABLE observed_property (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    name text NOT NULL,
    definition text NOT NULL,
    description text NOT NULL
);

CREATE TABLE feature (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    name text NOT NULL,
    description text NOT NULL,
    place jsonb NOT NULL
);
COMMENT ON TABLE feature IS 'what is observed: the water, air or ground at a station';

CREATE TABLE thing_datastream (
    datastream_id integer PRIMARY KEY REFERENCES datastream,
    thing_id integer NOT NULL REFERENCES thing,
    sensor_id integer NOT NULL REFERENCES sensor,
    observed_property_id integer NOT NULL REFERENCES observed_property,
    feature_id integer NOT NULL REFERENCES feature,
    name text NOT NULL,
    description text NOT NULL,
    unit jsonb NOT NULL,
    properties jsonb NOT NULL
);
COMMENT ON COLUMN thing_datastream.unit IS '{name, symbol, definition}';
