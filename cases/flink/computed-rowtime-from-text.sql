CREATE TABLE t (text STRING, at AS TO_TIMESTAMP(text), WATERMARK FOR at AS at - INTERVAL '1' SECOND) WITH ('connector' = 'memory');
CREATE TABLE result (e TIMESTAMP(3), n BIGINT) WITH ('connector' = 'memory');
INSERT INTO result SELECT window_end, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
