CREATE TABLE a (k INT) WITH ('connector' = 'memory');
CREATE TABLE b (k DECIMAL(5, 1)) WITH ('connector' = 'memory');
CREATE TABLE `out` (x INT, y DECIMAL(5, 1)) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT a.k, b.k FROM a JOIN b ON a.k = b.k;
