CREATE TABLE t (v INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (v INT, f INT, l INT, d BIGINT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT v, f, l, d FROM (
  SELECT v, FIRST_VALUE(v) OVER w AS f, LAST_VALUE(v) OVER w AS l, COUNT(DISTINCT v) OVER w AS d, AVG(CAST(v AS DOUBLE)) OVER w AS a FROM t
  WINDOW w AS (ORDER BY at ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)) WHERE v > a OR d = 1;
