CREATE TABLE t (a INT, s STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING, c2 INT, c3 BOOLEAN, c4 BOOLEAN, c5 BOOLEAN) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  IF(a > 1, 'yes', 'no'),
  IFNULL(a, -1),
  IS_ALPHA(s),
  IS_DIGIT(s),
  IS_DECIMAL(s)
FROM t;
