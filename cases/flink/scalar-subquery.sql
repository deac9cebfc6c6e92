CREATE TABLE a (id INT, n INT) WITH ('connector' = 'memory');
CREATE TABLE b (n INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (id INT, n INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT id, n FROM a WHERE n > (SELECT AVG(n) FROM b);
