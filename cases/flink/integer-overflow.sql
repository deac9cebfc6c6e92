CREATE TABLE t (a TINYINT, b TINYINT, i INT, l BIGINT) WITH ('connector' = 'memory');
CREATE TABLE result (a TINYINT, i INT, m INT, l BIGINT, s BIGINT) WITH ('connector' = 'memory');
INSERT INTO result SELECT a + b, i + 1, i * 2, l + 1, -2 - l FROM t;
