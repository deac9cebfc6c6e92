CREATE TABLE t (k STRING, s STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING, c2 MULTISET<STRING>, c3 MULTISET<STRING>) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  k,
  COLLECT(s),
  COLLECT(DISTINCT s)
FROM t GROUP BY k;
