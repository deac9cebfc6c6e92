CREATE TABLE auction (id INT, ts TIMESTAMP(3), expires TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE bid (auction INT, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE `out` (id INT, best INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT a.id, MAX(b.price) FROM auction a JOIN bid b ON a.id = b.auction AND b.ts BETWEEN a.ts AND a.expires GROUP BY a.id;
