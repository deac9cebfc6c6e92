CREATE TABLE t (sym STRING, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE `out` (a INT, b INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT a, b FROM t MATCH_RECOGNIZE (
  PARTITION BY sym ORDER BY ts
  MEASURES FIRST(A.price) AS a, B.price AS b
  PATTERN (A+ B)
  DEFINE A AS A.price < 10, B AS B.price >= 10
);
