CREATE TABLE t (k STRING, x INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING, c2 INT, c3 DOUBLE) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  k,
  AVG(x),
  AVG(CAST(x AS DOUBLE))
FROM t GROUP BY k;
