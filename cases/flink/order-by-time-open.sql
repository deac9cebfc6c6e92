CREATE TABLE t (id INT, n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'memory');
CREATE TABLE `out` (id INT, n INT, ts TIMESTAMP(3)) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT id, n, ts FROM t ORDER BY ts;
