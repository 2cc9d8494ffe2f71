-- Forecasts as datastreams of the data API: one for each quantile of a datastream that is forecast.

ALTER TABLE thing_datastream
    ADD COLUMN forecast_of integer REFERENCES datastream,
    ADD COLUMN probability double precision,
    ADD CHECK ((forecast_of IS NULL) = (probability IS NULL));
COMMENT ON COLUMN thing_datastream.forecast_of IS 'the datastream of whose newest forecast this is one quantile';
