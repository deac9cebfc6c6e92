CREATE TABLE t (id INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (id INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT id FROM t LIMIT 2;
