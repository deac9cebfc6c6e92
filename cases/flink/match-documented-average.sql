CREATE TABLE t (sym STRING, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE `out` (start_ts TIMESTAMP(3), end_ts TIMESTAMP(3), avg_price DOUBLE) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT start_ts, end_ts, avg_price FROM t MATCH_RECOGNIZE (
  PARTITION BY sym ORDER BY ts
  MEASURES FIRST(A.ts) AS start_ts, LAST(A.ts) AS end_ts, AVG(CAST(A.price AS DOUBLE)) AS avg_price
  ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A+ B)
  DEFINE A AS AVG(CAST(A.price AS DOUBLE)) < 15
);
