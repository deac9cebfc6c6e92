CREATE TABLE t (k STRING, v INT, at TIMESTAMP(3), WATERMARK FOR at AS at - INTERVAL '1' SECOND) WITH ('connector' = 'memory');
CREATE TABLE result (k STRING, v INT, total INT, n BIGINT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT k, v, SUM(v) OVER w, COUNT(*) OVER w FROM t
WINDOW w AS (PARTITION BY k ORDER BY at RANGE BETWEEN INTERVAL '10' SECOND PRECEDING AND CURRENT ROW);
