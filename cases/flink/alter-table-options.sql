CREATE TABLE t (k STRING) WITH ('connector' = 'memory');
CREATE TABLE result (k STRING, n BIGINT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
ALTER TABLE result SET ('changelog-mode' = 'all', 'note' = 'x');
ALTER TABLE result RESET ('note');
INSERT INTO result SELECT k, COUNT(*) FROM t GROUP BY k;
