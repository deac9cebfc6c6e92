CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'memory');
CREATE TABLE result (k STRING, m INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result SELECT k, MAX(v) FROM t GROUP BY k;
