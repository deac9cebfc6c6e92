CREATE TABLE o (id INT, n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE s (id INT, n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE `out` (n INT, m INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT o.n, s.n FROM o LEFT JOIN s ON o.id = s.id AND s.ts BETWEEN o.ts AND o.ts + INTERVAL '5' SECOND AND s.n > o.n;
