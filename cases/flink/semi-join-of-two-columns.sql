CREATE TABLE a (x INT, y STRING) WITH ('connector' = 'memory');
CREATE TABLE b (x INT, y STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (x INT, y STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT x, y FROM a WHERE (x, y) IN (SELECT x, y FROM b);
