CREATE TABLE o (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE s (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE `out` (o_ts TIMESTAMP(3), s_id INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT o.ts, s.id FROM o RIGHT JOIN s ON o.id = s.id AND o.ts BETWEEN s.ts - INTERVAL '4' SECOND AND s.ts;
