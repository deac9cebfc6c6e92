CREATE TABLE t (a INT, b INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 INT, c2 INT, c3 INT, c4 STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  COALESCE(a, b, 0),
  NULLIF(a, 1),
  NULLIF(b, 1),
  TYPEOF(COALESCE(a, CAST(1 AS BIGINT)))
FROM t;
