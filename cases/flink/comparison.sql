CREATE TABLE t (a INT, b INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 BOOLEAN, c2 BOOLEAN, c3 BOOLEAN, c4 BOOLEAN, c5 BOOLEAN, c6 BOOLEAN, c7 BOOLEAN, c8 BOOLEAN, c9 INT, c10 INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  a = b,
  a <> b,
  a < b,
  a >= b,
  a IS DISTINCT FROM b,
  a IS NOT DISTINCT FROM b,
  a IS NULL,
  b IS NOT NULL,
  GREATEST(a, b, 0),
  LEAST(a, b, 5)
FROM t;
