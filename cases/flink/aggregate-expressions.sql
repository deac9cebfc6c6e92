CREATE TABLE t (k STRING, x INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING, c2 INT, c3 BIGINT, c4 STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  k,
  MAX(x) - MIN(x),
  SUM(x) / COUNT(*),
  CASE WHEN COUNT(*) > 2 THEN 'many' ELSE 'few' END
FROM t GROUP BY k HAVING COUNT(*) > 1;
