CREATE TABLE t (p DECIMAL(10, 4)) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 DECIMAL(10, 2), c2 DECIMAL(10, 0), c3 DECIMAL(2, 1), c4 DOUBLE) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  CAST(p AS DECIMAL(10, 2)),
  CAST(p AS DECIMAL(10, 0)),
  CAST(p * 100 AS DECIMAL(2, 1)),
  p * 1e0
FROM t;
