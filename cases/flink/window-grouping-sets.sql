CREATE TABLE t (a STRING, b STRING, v INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (e TIMESTAMP(3), a STRING, b STRING, g BIGINT, total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT window_end, a, b, GROUPING(a), SUM(v) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, GROUPING SETS ((a), (b), ());
