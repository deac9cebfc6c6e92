CREATE TABLE t (s STRING, d INT) WITH ('connector' = 'memory');
CREATE TABLE result (n INT, q INT, t INT) WITH ('connector' = 'memory');
INSERT INTO result SELECT CAST(s AS INT), 10 / d, TRY_CAST(s AS INT) FROM t;
