CREATE TABLE t (a STRING, b STRING, v INT) WITH ('connector' = 'memory');
CREATE TABLE result (a STRING, b STRING, total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result SELECT a, b, SUM(v) FROM t GROUP BY CUBE (a, b);
