SET 'table.local-time-zone' = 'Asia/Kolkata';
CREATE TABLE t (ms BIGINT, at AS TO_TIMESTAMP_LTZ(ms, 3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (s TIMESTAMP(3), e TIMESTAMP(3), r STRING, n BIGINT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT TUMBLE_START(at, INTERVAL '1' HOUR), TUMBLE_END(at, INTERVAL '1' HOUR), CAST(TUMBLE_ROWTIME(at, INTERVAL '1' HOUR) AS STRING), COUNT(*) FROM t GROUP BY TUMBLE(at, INTERVAL '1' HOUR);
