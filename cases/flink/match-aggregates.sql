CREATE TABLE t (sym STRING, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE `out` (s INT, av INT, mi INT, ma INT, n BIGINT, b INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT s, av, mi, ma, n, b FROM t MATCH_RECOGNIZE (
  PARTITION BY sym ORDER BY ts
  MEASURES SUM(A.price) AS s, AVG(A.price) AS av, MIN(A.price) AS mi, MAX(A.price) AS ma, COUNT(A.price) AS n, B.price AS b
  ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A+ B)
  DEFINE A AS AVG(A.price) < 6
);
