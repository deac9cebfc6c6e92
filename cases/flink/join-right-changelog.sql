CREATE TABLE a (k INT, v STRING) WITH ('connector' = 'memory');
CREATE TABLE b (k INT, w STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (v STRING, w STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT a.v, b.w FROM a RIGHT JOIN b ON a.k = b.k;
