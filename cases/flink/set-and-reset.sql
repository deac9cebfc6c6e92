SET 'table.local-time-zone' = 'Asia/Tokyo';
RESET 'table.local-time-zone';
SET 'table.local-time-zone' = 'Europe/Berlin';
SET 'table.exec.state.ttl' = '1 d';
RESET 'table.exec.state.ttl';
CREATE TABLE t (ms BIGINT) WITH ('connector' = 'memory');
CREATE TABLE result (text STRING) WITH ('connector' = 'memory');
INSERT INTO result SELECT CAST(TO_TIMESTAMP_LTZ(ms, 3) AS STRING) FROM t;
