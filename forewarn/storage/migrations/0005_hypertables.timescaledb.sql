-- Chunks, compression and retention. Old chunks stay writable: late data is decompressed.

CREATE EXTENSION IF NOT EXISTS timescaledb;

DROP VIEW IF EXISTS hourly;

SELECT create_hypertable('observation', 'phenomenon_time',
    chunk_time_interval => interval '7 days', create_default_indexes => false, migrate_data => true);
ALTER TABLE observation SET (
    timescaledb.compress,
    timescaledb.compress_segmentby = 'datastream_id',
    timescaledb.compress_orderby = 'phenomenon_time DESC'
);
SELECT add_compression_policy('observation', interval '30 days');
SELECT add_retention_policy('observation', interval '30 years');

SELECT create_hypertable('forecast', 'issue_time',
    chunk_time_interval => interval '7 days', create_default_indexes => false, migrate_data => true);
ALTER TABLE forecast SET (
    timescaledb.compress,
    timescaledb.compress_segmentby = 'datastream_id',
    timescaledb.compress_orderby = 'issue_time DESC'
);
SELECT add_compression_policy('forecast', interval '30 days');
SELECT add_retention_policy('forecast', interval '10 years');

SELECT create_hypertable('assessment', 'issue_time',
    chunk_time_interval => interval '7 days', create_default_indexes => false, migrate_data => true);
ALTER TABLE assessment SET (
    timescaledb.compress,
    timescaledb.compress_segmentby = 'datastream_id',
    timescaledb.compress_orderby = 'issue_time DESC'
);
SELECT add_compression_policy('assessment', interval '30 days');
SELECT add_retention_policy('assessment', interval '10 years');
