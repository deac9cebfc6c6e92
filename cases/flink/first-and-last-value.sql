CREATE TABLE t (k STRING, x INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING, c2 INT, c3 INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  k,
  FIRST_VALUE(x),
  LAST_VALUE(x)
FROM t GROUP BY k;
