CREATE TABLE orders (id INT, a STRING, b INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE v (b INT, a STRING, x INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts, PRIMARY KEY (a, b) NOT ENFORCED) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE `out` (id INT, x INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT o.id, v.x FROM orders AS o JOIN v FOR SYSTEM_TIME AS OF o.ts ON v.b = o.b AND o.a = v.a;
