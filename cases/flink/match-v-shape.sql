CREATE TABLE t (sym STRING, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE `out` (top INT, bottom INT, rise INT, `at` TIMESTAMP(3)) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT top, bottom, rise, `at` FROM t MATCH_RECOGNIZE (
  PARTITION BY sym ORDER BY ts
  MEASURES TOP.price AS top, LAST(DOWN.price) AS bottom, UP.price AS rise, UP.ts AS `at`
  ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW
  PATTERN (TOP DOWN+ UP)
  DEFINE DOWN AS (LAST(DOWN.price, 1) IS NULL AND DOWN.price < TOP.price) OR DOWN.price < LAST(DOWN.price, 1), UP AS UP.price > LAST(DOWN.price)
);
