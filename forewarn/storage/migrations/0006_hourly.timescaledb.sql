-- Hourly vital signs, kept up to date by TimescaleDB. What is not materialised yet is computed
-- on reading; late data invalidates its hours, which the next refresh computes again.

CREATE MATERIALIZED VIEW hourly
WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT
    datastream_id,
    time_bucket(interval '1 hour', phenomenon_time) AS hour,
    min(result) AS minimum,
    avg(result) AS mean,
    max(result) AS maximum,
    count(*) AS count
FROM observation
WHERE quality IN (1, 2)
GROUP BY 1, 2
WITH NO DATA;

SELECT add_continuous_aggregate_policy('hourly',
    start_offset => NULL, end_offset => interval '1 hour', schedule_interval => interval '15 minutes');
