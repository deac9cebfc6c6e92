CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE `out` (v INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT DISTINCT v FROM t;
