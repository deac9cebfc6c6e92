CREATE TABLE t (sym STRING, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE `out` (a INT, n BIGINT, c INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT a, n, c FROM t MATCH_RECOGNIZE (
  PARTITION BY sym ORDER BY ts
  MEASURES A.price AS a, COUNT(B.price) AS n, C.price AS c
  ONE ROW PER MATCH AFTER MATCH SKIP TO FIRST B
  PATTERN (A B+ C)
  DEFINE A AS A.price < 10, B AS B.price < 10, C AS C.price >= 10
);
