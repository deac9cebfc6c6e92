CREATE TABLE t (k STRING) WITH ('connector' = 'memory');
CREATE TABLE result (k STRING, n BIGINT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result /*+ OPTIONS('changelog-mode' = 'all') */ SELECT k, COUNT(*) FROM t /*+ OPTIONS('note' = 'x') */ GROUP BY k;
