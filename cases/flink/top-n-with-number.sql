CREATE TABLE t (id INT, k STRING, v INT) WITH ('connector' = 'memory');
CREATE TABLE result (id INT, v INT, rn BIGINT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result SELECT id, v, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) AS rn FROM t) WHERE rn <= 2;
