CREATE TABLE t (t TINYINT, s SMALLINT, i INT, l BIGINT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 TINYINT, c2 SMALLINT, c3 INT, c4 INT, c5 INT, c6 BIGINT, c7 BIGINT, c8 BIGINT, c9 BIGINT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  t + CAST(1 AS TINYINT),
  s + CAST(1 AS SMALLINT),
  i + 1,
  i * 2,
  -i - 2,
  l + 1,
  l * 2,
  l - i,
  CAST(i AS BIGINT) + 1
FROM t;
