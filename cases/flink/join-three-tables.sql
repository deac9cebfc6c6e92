CREATE TABLE a (x INT) WITH ('connector' = 'memory');
CREATE TABLE b (x INT, y INT) WITH ('connector' = 'memory');
CREATE TABLE c (y INT, z STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (x INT, y INT, z STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT a.x, b.y, c.z FROM a JOIN b ON a.x = b.x JOIN c ON b.y = c.y;
