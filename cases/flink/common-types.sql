CREATE TABLE t (i INT, d DECIMAL(4, 2), l BIGINT, f DOUBLE) WITH ('connector' = 'memory');
CREATE TABLE result (c DECIMAL(12, 2), ct STRING, l BIGINT, lt STRING, ft STRING) WITH ('connector' = 'memory');
INSERT INTO result SELECT c, TYPEOF(c), l, TYPEOF(l), TYPEOF(f) FROM (
  SELECT CASE WHEN i > 1 THEN i ELSE d END AS c, COALESCE(i, l) AS l, CASE WHEN i > 1 THEN i ELSE f END AS f FROM t);
