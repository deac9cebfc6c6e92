CREATE TABLE t (id INT, name STRING) WITH ('connector' = 'memory');
CREATE TABLE result (id INT, name STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'memory', 'changelog-mode' = 'upsert');
INSERT INTO result SELECT id, name FROM t;
