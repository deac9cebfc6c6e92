CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'memory', 'changelog-mode' = 'upsert');
INSERT INTO `out` SELECT k, COUNT(*) FROM t GROUP BY k;
