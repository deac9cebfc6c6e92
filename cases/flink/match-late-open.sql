CREATE TABLE t (sym STRING, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE `out` (a INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT a FROM t MATCH_RECOGNIZE (ORDER BY ts MEASURES A.price AS a PATTERN (A B C) DEFINE A AS A.price = 1);
