CREATE TABLE a (id INT, v STRING) WITH ('connector' = 'memory');
CREATE TABLE c (id INT, v STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'memory', 'changelog-mode' = 'upsert');
CREATE TABLE `out` (v STRING, n BIGINT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT v, COUNT(*) FROM (SELECT v FROM a UNION ALL SELECT v FROM c) GROUP BY v;
