CREATE TABLE a (k INT) WITH ('connector' = 'memory');
CREATE TABLE b (k INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (k INT, n BIGINT, matched BIGINT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT a.k, COUNT(*), COUNT(b.k) FROM a LEFT JOIN b ON a.k = b.k GROUP BY a.k;
