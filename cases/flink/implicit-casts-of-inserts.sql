CREATE TABLE t (a TINYINT, b INT, c DECIMAL(10, 3), d DATE) WITH ('connector' = 'memory');
CREATE TABLE result (a INT, b BIGINT, f DOUBLE, e DECIMAL(12, 2), c DECIMAL(10, 2), d TIMESTAMP(3)) WITH ('connector' = 'memory');
INSERT INTO result SELECT a, b, b, b, c, d FROM t;
