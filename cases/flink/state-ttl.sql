SET 'table.exec.state.ttl' = '10 s';
CREATE TABLE t (k STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (k STRING, n BIGINT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT k, COUNT(*) FROM t GROUP BY k;
