CREATE TABLE t (k STRING, x INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING, c2 BIGINT, c3 BIGINT, c4 BIGINT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  k,
  COUNT(*),
  COUNT(x),
  COUNT(1)
FROM t GROUP BY k;
