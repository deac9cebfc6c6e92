CREATE TABLE t (k STRING) WITH ('connector' = 'memory');
CREATE TABLE result (rn BIGINT, k STRING, n BIGINT, PRIMARY KEY (rn) NOT ENFORCED) WITH ('connector' = 'memory', 'changelog-mode' = 'upsert');
INSERT INTO result SELECT rn, k, n FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY n DESC) AS rn FROM (SELECT k, COUNT(*) AS n FROM t GROUP BY k)) WHERE rn <= 2;
