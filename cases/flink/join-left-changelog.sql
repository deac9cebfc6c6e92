CREATE TABLE a (k INT, v STRING) WITH ('connector' = 'memory');
CREATE TABLE b (k INT, w STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (k INT, v STRING, w STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT a.k, a.v, b.w FROM a LEFT JOIN b ON a.k = b.k;
