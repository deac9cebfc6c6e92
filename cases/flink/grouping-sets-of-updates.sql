CREATE TABLE t (a STRING, v INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE result (a STRING, n BIGINT, total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result SELECT a, COUNT(*), SUM(v) FROM t GROUP BY GROUPING SETS ((a), ());
