CREATE TABLE t (one INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING, c2 STRING, c3 STRING, c4 STRING, c5 STRING, c6 STRING, c7 STRING, c8 STRING, c9 STRING, c10 STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  SUBSTRING('hello' FROM 2),
  SUBSTRING('hello' FROM 2 FOR 3),
  SUBSTRING('hello', 2, 3),
  SUBSTRING('hello', 9),
  SUBSTR('hello', 4, 9),
  SUBSTRING('hello', -3),
  SUBSTRING('hello', -3, 2),
  SUBSTR('hello', 0),
  SUBSTRING('hello', 5, 1),
  SUBSTRING(CAST(NULL AS STRING), 1)
FROM t;
