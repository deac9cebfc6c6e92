CREATE TABLE t (x INT, s STRING, ts TIMESTAMP(3)) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 INT, c2 INT, c3 STRING, c4 STRING, c5 TIMESTAMP(3), c6 TIMESTAMP(3)) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  MIN(x),
  MAX(x),
  MIN(s),
  MAX(s),
  MIN(ts),
  MAX(ts)
FROM t;
