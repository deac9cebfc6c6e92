CREATE TABLE t (sym STRING, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE `out` (last_price INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT last_price FROM t MATCH_RECOGNIZE (
  PARTITION BY sym ORDER BY ts
  MEASURES C.price AS last_price
  ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A B*? C)
  DEFINE A AS A.price > 10, B AS B.price < 15, C AS C.price > 12
);
