CREATE TABLE a (k INT, v STRING) WITH ('connector' = 'memory');
CREATE TABLE b (k INT, w STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (ak INT, v STRING, bk INT, w STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT a.k, a.v, b.k, b.w FROM a FULL OUTER JOIN b ON a.k = b.k;
