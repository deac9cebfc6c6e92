CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE result (k STRING, n BIGINT, total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result SELECT k, COUNT(*), SUM(v) FROM t GROUP BY k;
