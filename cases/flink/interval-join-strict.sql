CREATE TABLE o (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' HOUR) WITH ('connector' = 'memory');
CREATE TABLE s (id INT, n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' HOUR) WITH ('connector' = 'memory');
CREATE TABLE `out` (id INT, n INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT o.id, s.n FROM o JOIN s ON o.id = s.id AND s.ts > o.ts AND s.ts < o.ts + INTERVAL '5' SECOND;
