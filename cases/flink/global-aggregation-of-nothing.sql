CREATE TABLE t (v INT) WITH ('connector' = 'memory');
CREATE TABLE result (n BIGINT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result SELECT COUNT(*) FROM t WHERE v > 100;
