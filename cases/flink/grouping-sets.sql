CREATE TABLE t (a STRING, b STRING, v INT) WITH ('connector' = 'memory');
CREATE TABLE result (a STRING, b STRING, ga BIGINT, gb BIGINT, id BIGINT, total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result SELECT a, b, GROUPING(a), GROUPING(b), GROUPING_ID(a, b), SUM(v) FROM t GROUP BY GROUPING SETS ((a, b), (a), ());
