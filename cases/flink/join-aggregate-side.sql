CREATE TABLE users (id INT, name STRING) WITH ('connector' = 'memory');
CREATE TABLE clicks (uid INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (name STRING, n BIGINT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT u.name, c.n FROM users u JOIN (SELECT uid, COUNT(*) AS n FROM clicks GROUP BY uid) c ON u.id = c.uid;
