SET 'table.exec.state.ttl' = '1 h';
CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'memory');
CREATE TABLE result (k STRING, n BIGINT, m INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE greatest_ (k STRING, m INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
EXECUTE STATEMENT SET BEGIN
INSERT INTO result SELECT k, COUNT(*), MAX(v) FROM t GROUP BY k;
INSERT INTO greatest_ SELECT k, MAX(v) FROM t GROUP BY k;
END;
