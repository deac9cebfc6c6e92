CREATE TABLE t (k STRING, s STRING) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE `out` (c1 STRING, c2 STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  k,
  LISTAGG(s)
FROM t GROUP BY k;
