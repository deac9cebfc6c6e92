CREATE TABLE t (xs ARRAY<INT>, m MAP<STRING, INT>, r ROW<a INT, b ROW<c STRING>>) WITH ('connector' = 'memory');
CREATE TABLE `out` (x1 INT, x9 INT, ma INT, mz INT, c STRING, n INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT xs[1], xs[9], m['a'], m['z'], r.b.c, CARDINALITY(xs) FROM t;
