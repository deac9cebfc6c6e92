CREATE TABLE t (s STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  CAST(s AS INT)
FROM t;
