CREATE TABLE t (k INT, v INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE `out` (k INT, v INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT k, v FROM t WHERE v > 5;
