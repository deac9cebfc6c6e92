CREATE TABLE t (a STRING, b STRING, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (f STRING, e TIMESTAMP(3), a STRING, b STRING, n BIGINT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result
SELECT 'rollup', window_end, a, b, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, ROLLUP (a, b)
UNION ALL
SELECT 'cube', window_end, a, b, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, CUBE (a, b);
