CREATE TABLE t (k STRING, x INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING, c2 INT, c3 STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  k,
  SUM(x),
  TYPEOF(SUM(x))
FROM t GROUP BY k;
