CREATE TABLE t (k STRING, x INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING, c2 ARRAY<INT>, c3 ARRAY<INT>, c4 ARRAY<INT>) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  k,
  ARRAY_AGG(x),
  ARRAY_AGG(DISTINCT x),
  ARRAY_AGG(x) FILTER (WHERE x > 1)
FROM t GROUP BY k;
