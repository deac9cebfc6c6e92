CREATE TABLE t (k STRING, x INT, s STRING) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE `out` (c1 STRING, c2 BIGINT, c3 INT, c4 INT, c5 INT, c6 INT, c7 BIGINT, c8 BIGINT, c9 BIGINT, c10 DOUBLE) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  k,
  COUNT(*),
  SUM(x),
  AVG(x),
  MIN(x),
  MAX(x),
  COUNT(DISTINCT x),
  COUNT(DISTINCT s),
  COUNT(*) FILTER (WHERE x > 3),
  STDDEV_POP(CAST(x AS DOUBLE))
FROM t GROUP BY k;
