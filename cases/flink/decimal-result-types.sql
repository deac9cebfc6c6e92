CREATE TABLE t (a DECIMAL(10, 2), b DECIMAL(8, 4), l BIGINT, i INT) WITH ('connector' = 'memory');
CREATE TABLE result (w STRING, t STRING) WITH ('connector' = 'memory');
INSERT INTO result
  SELECT 'sum', TYPEOF(a + b) FROM t UNION ALL SELECT 'difference', TYPEOF(a - b) FROM t UNION ALL SELECT 'product', TYPEOF(a * b) FROM t
  UNION ALL SELECT 'quotient', TYPEOF(a / b) FROM t UNION ALL SELECT 'remainder', TYPEOF(a % b) FROM t
  UNION ALL SELECT 'nexmark', TYPEOF(0.908 * l) FROM t UNION ALL SELECT 'int', TYPEOF(b + i) FROM t UNION ALL SELECT 'double', TYPEOF(a * 1e0) FROM t;
