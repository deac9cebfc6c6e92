CREATE TABLE t (sym STRING, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE `out` (start_ts TIMESTAMP(3), bottom_ts TIMESTAMP(3), end_ts TIMESTAMP(3)) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT start_ts, bottom_ts, end_ts FROM t MATCH_RECOGNIZE (
  PARTITION BY sym ORDER BY ts
  MEASURES S.ts AS start_ts, LAST(DOWN.ts) AS bottom_ts, LAST(UP.ts) AS end_ts
  ONE ROW PER MATCH AFTER MATCH SKIP TO LAST UP
  PATTERN (S DOWN+ UP)
  DEFINE DOWN AS (LAST(DOWN.price, 1) IS NULL AND DOWN.price < S.price) OR DOWN.price < LAST(DOWN.price, 1), UP AS UP.price > LAST(DOWN.price, 1)
);
