CREATE TABLE a (k INT, n INT) WITH ('connector' = 'memory');
CREATE TABLE b (k INT, n INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (k INT, a_n INT, b_n INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT a.k, a.n, b.n FROM a LEFT JOIN b ON a.k = b.k AND b.n > a.n;
