CREATE TABLE o (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE s (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE `out` (id INT, ts TIMESTAMP(3)) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT id, ts FROM o WHERE EXISTS (SELECT 1 FROM s WHERE s.id = o.id AND s.ts BETWEEN o.ts AND o.ts + INTERVAL '5' SECOND);
