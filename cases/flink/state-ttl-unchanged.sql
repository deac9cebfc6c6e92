SET 'table.exec.state.ttl' = '1 h';
CREATE TABLE t (k STRING, x INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (k STRING, m INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT k, MAX(x) FROM t GROUP BY k;
