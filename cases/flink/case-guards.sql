CREATE TABLE t (a INT, b INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 INT, c2 INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  CASE WHEN b = 0 THEN -1 ELSE a / b END,
  IF(b = 0, 0, a / b)
FROM t;
