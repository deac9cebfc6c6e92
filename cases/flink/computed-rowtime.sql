CREATE TABLE t (ms BIGINT, v INT, at AS TO_TIMESTAMP_LTZ(ms, 3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (s TIMESTAMP(3), total INT) WITH ('connector' = 'memory');
INSERT INTO result SELECT window_start, SUM(v) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '5' SECOND)) GROUP BY window_start, window_end;
