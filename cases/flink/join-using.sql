CREATE TABLE a (k INT, v STRING) WITH ('connector' = 'memory');
CREATE TABLE b (k INT, w STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (k INT, v STRING, w STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT * FROM a JOIN b USING (k);
