CREATE TABLE t (v INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (e TIMESTAMP(3), parity INT, n BIGINT, d BIGINT, big BIGINT, total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT window_end, MOD(v, 2), COUNT(*), COUNT(DISTINCT v), COUNT(*) FILTER (WHERE v > 2), SUM(v)
FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, MOD(v, 2) HAVING COUNT(*) > 1;
