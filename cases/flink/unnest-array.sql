CREATE TABLE t (id INT, xs ARRAY<INT>) WITH ('connector' = 'memory');
CREATE TABLE `out` (id INT, x INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT id, x FROM t CROSS JOIN UNNEST(xs) AS u(x);
