CREATE TABLE t (id INT, xs ARRAY<STRING>) WITH ('connector' = 'memory');
CREATE TABLE `out` (id INT, x STRING, i INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT id, x, i FROM t CROSS JOIN UNNEST(xs) WITH ORDINALITY AS u(x, i);
