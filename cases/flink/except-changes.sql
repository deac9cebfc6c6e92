CREATE TABLE a (k INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE b (k INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE `out` (k INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT k FROM a EXCEPT SELECT k FROM b;
