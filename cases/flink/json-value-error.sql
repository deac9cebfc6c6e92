CREATE TABLE t (s STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  JSON_VALUE(s, 'lax $.a' ERROR ON EMPTY)
FROM t;
