CREATE TABLE t (k STRING, v INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (k STRING, e TIMESTAMP(3), total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result WITH sums AS (SELECT k, window_end AS e, SUM(v) AS total FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '10' SECOND)) WHERE v > 1 GROUP BY window_start, window_end, k)
SELECT k, e, total FROM sums WHERE total > 4;
