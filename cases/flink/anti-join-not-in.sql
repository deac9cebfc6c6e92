CREATE TABLE a (k INT, v STRING) WITH ('connector' = 'memory');
CREATE TABLE b (k INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE `out` (k INT, v STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT k, v FROM a WHERE k NOT IN (SELECT k FROM b);
