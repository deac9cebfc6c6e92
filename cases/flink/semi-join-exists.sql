CREATE TABLE a (k INT, n INT) WITH ('connector' = 'memory');
CREATE TABLE b (k INT, n INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE `out` (k INT, n INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT k, n FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k AND b.n > a.n);
