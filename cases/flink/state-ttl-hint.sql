CREATE TABLE t (k STRING) WITH ('connector' = 'memory');
CREATE TABLE hinted (k STRING, n BIGINT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE plain (k STRING, n BIGINT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
EXECUTE STATEMENT SET BEGIN
INSERT INTO hinted SELECT /*+ STATE_TTL('t' = '1h') */ k, COUNT(*) FROM t GROUP BY k;
INSERT INTO plain SELECT k, COUNT(*) FROM t GROUP BY k;
END;
