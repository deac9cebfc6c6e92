CREATE TABLE t (sym STRING, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE `out` (total INT, start_time TIMESTAMP(3), end_time TIMESTAMP(3)) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT total, start_time, end_time FROM t MATCH_RECOGNIZE (
  PARTITION BY sym ORDER BY ts
  MEASURES SUM(A.price) AS total, FIRST(A.ts) AS start_time, LAST(A.ts) AS end_time
  ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A+ C)
  DEFINE A AS SUM(A.price) < 30
);
