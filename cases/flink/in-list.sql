CREATE TABLE t (a INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 BOOLEAN, c2 BOOLEAN, c3 BOOLEAN, c4 BOOLEAN) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  a IN (1, 2),
  a IN (1, CAST(NULL AS INT)),
  a NOT IN (1, 2),
  a NOT IN (1, CAST(NULL AS INT))
FROM t;
