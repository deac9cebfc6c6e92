CREATE TABLE o (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE s (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE r (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE `out` (id INT, r_ts TIMESTAMP(3)) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT o.id, r.ts FROM o JOIN s ON o.id = s.id AND s.ts BETWEEN o.ts AND o.ts + INTERVAL '5' SECOND
  JOIN r ON r.id = o.id AND r.ts BETWEEN s.ts AND s.ts + INTERVAL '5' SECOND;
