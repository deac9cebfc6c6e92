CREATE TABLE t (a INT, b INT) WITH ('connector' = 'memory');
CREATE TABLE result (a INT, b STRING, c INT) WITH ('connector' = 'memory');
INSERT INTO result (c, a) SELECT a, b FROM t;
