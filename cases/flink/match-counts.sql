CREATE TABLE t (sym STRING, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE `out` (a BIGINT, b BIGINT, c INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT a, b, c FROM t MATCH_RECOGNIZE (
  PARTITION BY sym ORDER BY ts
  MEASURES COUNT(A.price) AS a, COUNT(B.price) AS b, C.price AS c
  ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A{2} B{1,2} C)
  DEFINE A AS A.price = 1, B AS B.price = 2, C AS C.price = 3
);
