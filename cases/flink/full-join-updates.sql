CREATE TABLE a (k INT, v STRING) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE b (k INT, w STRING) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE `out` (v STRING, w STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT a.v, b.w FROM a FULL JOIN b ON a.k = b.k;
