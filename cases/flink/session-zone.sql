SET 'table.local-time-zone' = 'America/Los_Angeles';
CREATE TABLE t (ms BIGINT, plain TIMESTAMP(3), ltz AS TO_TIMESTAMP_LTZ(ms, 3)) WITH ('connector' = 'memory');
CREATE TABLE result (text STRING, local_ TIMESTAMP(3), d STRING, h BIGINT, p STRING) WITH ('connector' = 'memory');
INSERT INTO result SELECT CAST(ltz AS STRING), CAST(ltz AS TIMESTAMP(3)), DATE_FORMAT(ltz, 'yyyy-MM-dd HH:mm'), EXTRACT(HOUR FROM ltz), DATE_FORMAT(plain, 'HH:mm') FROM t;
