CREATE TABLE a (k INT, v STRING) WITH ('connector' = 'memory');
CREATE TABLE b (k INT, v STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (k INT, v STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT k, v FROM a UNION SELECT k, v FROM b;
