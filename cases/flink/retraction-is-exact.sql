CREATE TABLE t (v BIGINT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE result (lo BIGINT, hi BIGINT, a BIGINT, d BIGINT, f BIGINT, s BIGINT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result SELECT MIN(v), MAX(v), AVG(v), COUNT(DISTINCT v), COUNT(*) FILTER (WHERE v > 5), SUM(DISTINCT v) FROM t;
