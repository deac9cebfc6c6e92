CREATE TABLE t (a INT, b INT, x DOUBLE) WITH ('connector' = 'memory');
CREATE TABLE result (q INT, m INT, c INT, b INT, big BOOLEAN) WITH ('connector' = 'memory');
INSERT INTO result SELECT a / b, MOD(a, b), CAST(x AS INT), CAST(a > 0 AS INT), x / 0e0 > 1e308 FROM t;
