CREATE TABLE t (k STRING, g STRING, v INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'memory', 'changelog-mode' = 'upsert');
CREATE TABLE `out` (g STRING, m INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT g, MAX(v) FROM t GROUP BY g;
