-- Chunks, compression and retention of the vital signs.

SELECT create_hypertable('vital', 'time',
    chunk_time_interval => interval '7 days', create_default_indexes => false, migrate_data => true);
ALTER TABLE vital SET (
    timescaledb.compress,
    timescaledb.compress_segmentby = 'indicator',
    timescaledb.compress_orderby = 'time DESC'
);
SELECT add_compression_policy('vital', interval '30 days');
SELECT add_retention_policy('vital', interval '10 years');
