CREATE TABLE t (sym STRING, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE `out` (last_price INT, first_price INT, n BIGINT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT last_price, first_price, n FROM t MATCH_RECOGNIZE (ORDER BY ts MEASURES LAST(price) AS last_price, FIRST(price) AS first_price, COUNT(price) AS n
  ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A B C) DEFINE B AS price > 1, C AS price > 2);
