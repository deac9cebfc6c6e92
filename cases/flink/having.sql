CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE result (k STRING, total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result SELECT k, SUM(v) FROM t GROUP BY k HAVING COUNT(*) > 1;
