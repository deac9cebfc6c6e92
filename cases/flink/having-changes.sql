CREATE TABLE t (k STRING, x INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE `out` (k STRING, s INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT k, SUM(x) FROM t GROUP BY k HAVING SUM(x) > 5;
