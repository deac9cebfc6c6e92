CREATE TABLE t (k STRING, v INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'memory', 'changelog-mode' = 'upsert');
CREATE TABLE `out` (total INT, n BIGINT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT SUM(v), COUNT(*) FROM t;
