CREATE TABLE t (id INT, m MAP<STRING, INT>) WITH ('connector' = 'memory');
CREATE TABLE `out` (id INT, k STRING, v INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT id, k, v FROM t CROSS JOIN UNNEST(m) AS u(k, v);
