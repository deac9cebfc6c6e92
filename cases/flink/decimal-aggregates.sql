CREATE TABLE t (v DECIMAL(10, 2)) WITH ('connector' = 'memory');
CREATE TABLE result (s DECIMAL(38, 2), a DECIMAL(38, 6), st STRING, at STRING) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result SELECT s, a, TYPEOF(s), TYPEOF(a) FROM (SELECT SUM(v) AS s, AVG(v) AS a FROM t);
