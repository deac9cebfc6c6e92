CREATE TABLE a (k INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE b (k INT, w STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (k INT, w STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT a.k, b.w FROM a JOIN b ON a.k = b.k;
