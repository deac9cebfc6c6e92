CREATE TABLE t (k STRING, v INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (k STRING, v INT, n BIGINT, nv BIGINT, s INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT k, v, COUNT(*) OVER w, COUNT(v) OVER w, SUM(v) OVER w FROM t WINDOW w AS (PARTITION BY k ORDER BY at);
