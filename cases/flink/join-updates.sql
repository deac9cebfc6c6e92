CREATE TABLE users (id INT, name STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE clicks (uid INT, page STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (name STRING, page STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT u.name, c.page FROM clicks AS c JOIN users AS u ON c.uid = u.id;
