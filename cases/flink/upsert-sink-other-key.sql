CREATE TABLE t (id INT, name STRING, v INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE `out` (name STRING, id INT, v INT, PRIMARY KEY (name) NOT ENFORCED) WITH ('connector' = 'memory', 'changelog-mode' = 'upsert');
INSERT INTO `out` SELECT name, id, v FROM t;
