CREATE TABLE t (k STRING, j INT, s STRING, d DATE, f DOUBLE) WITH ('connector' = 'memory');
CREATE TABLE result (k STRING, j INT, lo STRING, hi STRING, dlo DATE, dhi DATE, fs DOUBLE) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result SELECT k, j, MIN(s), MAX(s), MIN(d), MAX(d), SUM(f) FROM t GROUP BY k, j;
