CREATE TABLE t (k STRING, x DOUBLE) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING, c2 DOUBLE, c3 DOUBLE, c4 DOUBLE, c5 DOUBLE) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  k,
  VAR_POP(x),
  STDDEV_POP(x),
  VAR_SAMP(x),
  STDDEV_SAMP(x)
FROM t GROUP BY k;
