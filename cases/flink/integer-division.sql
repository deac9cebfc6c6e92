CREATE TABLE t (a INT, b INT, l BIGINT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 INT, c2 BIGINT, c3 INT, c4 STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  a / b,
  l / b,
  MOD(a, b),
  TYPEOF(l / b)
FROM t;
