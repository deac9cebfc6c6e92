CREATE TABLE t (a BOOLEAN, b BOOLEAN) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 BOOLEAN, c2 BOOLEAN, c3 BOOLEAN, c4 BOOLEAN, c5 BOOLEAN, c6 BOOLEAN, c7 BOOLEAN, c8 BOOLEAN) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  a AND b,
  a OR b,
  NOT a,
  a IS TRUE,
  a IS NOT TRUE,
  b IS FALSE,
  b IS UNKNOWN,
  b IS NOT UNKNOWN
FROM t;
