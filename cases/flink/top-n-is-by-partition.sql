CREATE TABLE t (id INT, k STRING, v INT) WITH ('connector' = 'memory');
CREATE TABLE result (k STRING, rn BIGINT, id INT, v INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result SELECT k, rn, id, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) AS rn FROM t) WHERE rn <= 2;
