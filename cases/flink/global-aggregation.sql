CREATE TABLE t (v INT) WITH ('connector' = 'memory');
CREATE TABLE result (n BIGINT, nv BIGINT, total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result SELECT COUNT(*), COUNT(v), SUM(v) FROM t;
