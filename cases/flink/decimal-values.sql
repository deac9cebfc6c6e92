CREATE TABLE t (a DECIMAL(10, 2), b DECIMAL(8, 4), l BIGINT) WITH ('connector' = 'memory');
CREATE TABLE result (q DECIMAL(23, 11), r DECIMAL(8, 4), n DECIMAL(23, 3), h DECIMAL(5, 2), h2 DECIMAL(5, 2)) WITH ('connector' = 'memory');
INSERT INTO result SELECT a / b, a % b, 0.908 * l, CAST(-2.345 AS DECIMAL(5, 2)), CAST(b AS DECIMAL(5, 2)) FROM t;
