CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'memory');
CREATE TABLE result (k STRING, m INT, n BIGINT, avg_ DOUBLE) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result SELECT CONCAT(UPPER(k), '!'), MOD(v, 3) + 1, COUNT(*) * 10, SUM(CAST(v AS DOUBLE)) / COUNT(*) FROM t GROUP BY UPPER(k), MOD(v, 3);
