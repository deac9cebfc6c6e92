CREATE TABLE t (id INT, k STRING, v INT) WITH ('connector' = 'memory');
CREATE TABLE result (k STRING, id INT, v INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'memory', 'changelog-mode' = 'upsert');
INSERT INTO result SELECT k, id, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC, id ASC) AS rn FROM t) WHERE rn = 1;
