CREATE TABLE a (k INT) WITH ('connector' = 'memory');
CREATE TABLE b (k INT, n INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (k INT, s INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT k, (SELECT SUM(n) FROM b WHERE b.k = a.k) FROM a;
