CREATE TABLE a (id INT) WITH ('connector' = 'memory');
CREATE TABLE b (n INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (id INT, m INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT id, (SELECT MAX(n) FROM b) FROM a;
