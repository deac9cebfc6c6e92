CREATE TABLE a (x INT) WITH ('connector' = 'memory');
CREATE TABLE b (y DECIMAL(4, 2)) WITH ('connector' = 'memory');
CREATE TABLE `out` (x DECIMAL(12, 2), t STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT x, TYPEOF(x) FROM (SELECT x FROM a UNION ALL SELECT y FROM b);
