CREATE TABLE t (k STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (k STRING) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO `out` SELECT DISTINCT k FROM t;
