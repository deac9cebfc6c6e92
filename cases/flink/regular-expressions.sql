CREATE TABLE t (one INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING, c2 STRING, c3 STRING, c4 STRING, c5 STRING, c6 BOOLEAN, c7 BOOLEAN, c8 INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 2),
  REGEXP_EXTRACT('foothebar', 'o(.*?)b'),
  REGEXP_EXTRACT('foothebar', 'x(.*)', 1),
  REGEXP_EXTRACT('a?channel_id=7&b', '(&|^|\?)channel_id=([^&]*)', 2),
  REGEXP_REPLACE('foobar', 'oo|ar', ''),
  REGEXP('foobar', 'o+b'),
  REGEXP('foobar', '^b'),
  REGEXP_COUNT('abcab', 'ab')
FROM t;
