CREATE TABLE o (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE s (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE `out` (id INT, o_ts TIMESTAMP(3), s_ts TIMESTAMP(3)) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT o.id, o.ts, s.ts FROM o JOIN s ON o.id = s.id AND s.ts BETWEEN o.ts - INTERVAL '10' SECOND AND o.ts + INTERVAL '10' SECOND;
