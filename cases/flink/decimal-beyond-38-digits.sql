CREATE TABLE t (a DECIMAL(38, 10), b DECIMAL(30, 5), c DECIMAL(10, 5)) WITH ('connector' = 'memory');
CREATE TABLE result (w STRING, t STRING) WITH ('connector' = 'memory');
INSERT INTO result SELECT 'a*a', TYPEOF(a * a) FROM t UNION ALL SELECT 'b*c', TYPEOF(b * c) FROM t UNION ALL SELECT 'a/a', TYPEOF(a / a) FROM t;
