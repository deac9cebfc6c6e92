CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE `out` (k STRING, total INT, n BIGINT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT k, SUM(v), COUNT(*) FROM t GROUP BY k;
