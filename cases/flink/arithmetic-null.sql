CREATE TABLE t (a INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 INT, c2 DOUBLE, c3 STRING, c4 INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  a + 1,
  SQRT(a),
  CAST(a AS STRING) || 'x',
  ABS(a)
FROM t;
