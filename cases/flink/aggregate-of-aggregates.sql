CREATE TABLE t (k STRING) WITH ('connector' = 'memory');
CREATE TABLE result (n BIGINT, keys_ BIGINT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result SELECT n, COUNT(*) FROM (SELECT k, COUNT(*) AS n FROM t GROUP BY k) GROUP BY n;
