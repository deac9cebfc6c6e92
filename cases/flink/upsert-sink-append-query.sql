CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (k STRING, v INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'memory', 'changelog-mode' = 'upsert');
INSERT INTO `out` SELECT k, v FROM t;
