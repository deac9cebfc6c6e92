CREATE TABLE t (id INT, n INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (id INT, n INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT id, n FROM t ORDER BY n FETCH FIRST 1 ROW ONLY;
