CREATE TABLE t (sym STRING, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE `out` (sym STRING, a INT, b INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT sym, a, b FROM t MATCH_RECOGNIZE (
  PARTITION BY sym ORDER BY ts
  MEASURES A.price AS a, B.price AS b
  ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A B)
  DEFINE A AS A.price = 1, B AS B.price = 2
);
