CREATE TABLE a (k INT, v STRING) WITH ('connector' = 'memory');
CREATE TABLE b (k INT, w STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (v STRING, w STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT v, w FROM a, b WHERE a.k = b.k AND w <> 'b2';
