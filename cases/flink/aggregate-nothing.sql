CREATE TABLE t (x INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 BIGINT, c2 INT, c3 INT, c4 INT, c5 STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  COUNT(x),
  SUM(x),
  AVG(x),
  MAX(x),
  LISTAGG(CAST(x AS STRING))
FROM t;
