CREATE TABLE t (one INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING, c2 STRING, c3 STRING, c4 STRING, c5 STRING, c6 STRING, c7 STRING, c8 STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  SPLIT_INDEX('a;b;;d', ';', 0),
  SPLIT_INDEX('a;b;;d', ';', 2),
  SPLIT_INDEX('a;b;;d', ';', 3),
  SPLIT_INDEX('a;b;;d', ';', 4),
  SPLIT_INDEX('a;b;;d', ';', -1),
  SPLIT_INDEX('a--b--c', '--', 1),
  SPLIT_INDEX('http://x.org/a/b', '/', 3),
  SPLIT_INDEX(CAST(NULL AS STRING), ';', 0)
FROM t;
