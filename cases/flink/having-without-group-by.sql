CREATE TABLE t (v INT) WITH ('connector' = 'memory');
CREATE TABLE result (total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result SELECT SUM(v) FROM t HAVING COUNT(*) >= 3;
