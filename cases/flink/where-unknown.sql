CREATE TABLE t (a INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  a
FROM t WHERE a > 2;
