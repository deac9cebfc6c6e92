CREATE TABLE t (s STRING, n STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING, c2 STRING, c3 STRING, c4 STRING, c5 STRING, c6 STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  s || 'x',
  s || n,
  CONCAT(s, 'b', 'c'),
  CONCAT(s, n, 'c'),
  CONCAT_WS('~', s, n, 'b', '', 'c'),
  CONCAT_WS(n, 'a', 'b')
FROM t;
