CREATE TABLE t (a INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING, c2 STRING, c3 DECIMAL(12, 1), c4 INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  CASE WHEN a > 5 THEN 'big' WHEN a > 1 THEN 'mid' END,
  CASE a WHEN 1 THEN 'one' WHEN 9 THEN 'nine' ELSE 'other' END,
  CASE WHEN a > 5 THEN a ELSE 0.5 END,
  CASE WHEN a IS NULL THEN 1 / 1 ELSE a END
FROM t;
