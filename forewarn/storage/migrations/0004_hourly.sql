-- Hourly vital signs. On TimescaleDB 0006 replaces this view by a continuous aggregate with
-- the same columns, so that the same query serves both.

CREATE VIEW hourly AS
SELECT
    datastream_id,
    date_bin('1 hour', phenomenon_time, timestamptz '2000-01-01 00:00Z') AS hour,
    min(result) AS minimum,
    avg(result) AS mean,
    max(result) AS maximum,
    count(*) AS count
FROM observation
WHERE quality IN (1, 2)
GROUP BY 1, 2;
