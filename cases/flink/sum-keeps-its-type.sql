CREATE TABLE t (i INT) WITH ('connector' = 'memory');
CREATE TABLE result (s INT, l BIGINT, n BIGINT, st STRING, nt STRING) WITH ('connector' = 'memory');
INSERT INTO result SELECT s, l, n, TYPEOF(s), TYPEOF(n) FROM (SELECT SUM(i) AS s, SUM(CAST(i AS BIGINT)) AS l, COUNT(*) AS n FROM t);
