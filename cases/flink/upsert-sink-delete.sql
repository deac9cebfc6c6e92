CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE `out` (k STRING, s INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'memory', 'changelog-mode' = 'upsert');
INSERT INTO `out` SELECT k, SUM(v) FROM t GROUP BY k;
