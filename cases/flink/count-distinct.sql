CREATE TABLE t (x INT, p STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 BIGINT, c2 BIGINT, c3 INT, c4 BIGINT, c5 INT, c6 BIGINT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  COUNT(DISTINCT x),
  COUNT(DISTINCT x) FILTER (WHERE p = 'y'),
  SUM(DISTINCT x),
  COUNT(*) FILTER (WHERE x > 1),
  MAX(x) FILTER (WHERE p = 'none'),
  COUNT(DISTINCT p)
FROM t;
