CREATE TABLE t (p DECIMAL(10, 2), q DECIMAL(5, 3), l BIGINT, i INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING, c2 STRING, c3 STRING, c4 STRING, c5 STRING, c6 STRING, c7 DECIMAL(12, 3), c8 DECIMAL(16, 5), c9 DECIMAL(19, 8), c10 DECIMAL(5, 3), c11 DECIMAL(23, 3)) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  TYPEOF(p + q),
  TYPEOF(p * q),
  TYPEOF(p / q),
  TYPEOF(p % q),
  TYPEOF(0.908 * l),
  TYPEOF(p + i),
  p + q,
  p * q,
  p / q,
  p % q,
  0.908 * l
FROM t;
