CREATE TABLE t (v INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE result (n BIGINT, total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result SELECT COUNT(*), SUM(v) FROM t;
