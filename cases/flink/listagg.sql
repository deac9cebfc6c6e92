CREATE TABLE t (k STRING, s STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING, c2 STRING, c3 STRING, c4 STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  k,
  LISTAGG(s),
  LISTAGG(s, '; '),
  LISTAGG(DISTINCT s)
FROM t GROUP BY k;
