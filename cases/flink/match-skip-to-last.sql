CREATE TABLE t (sym STRING, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE `out` (a INT, b INT, c INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT a, b, c FROM t MATCH_RECOGNIZE (
  PARTITION BY sym ORDER BY ts
  MEASURES A.price AS a, LAST(B.price) AS b, C.price AS c
  ONE ROW PER MATCH AFTER MATCH SKIP TO LAST B
  PATTERN (A B+ C)
  DEFINE A AS A.price < 10, B AS B.price < 10, C AS C.price >= 10
);
