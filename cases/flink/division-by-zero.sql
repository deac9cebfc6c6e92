CREATE TABLE t (a INT, b INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 INT, c2 DOUBLE, c3 INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  a,
  CAST(a AS DOUBLE) / 0e0,
  a / b
FROM t;
