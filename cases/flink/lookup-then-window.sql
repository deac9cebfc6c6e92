CREATE TABLE a (k INT, ts TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE d (k INT, name STRING) WITH ('connector' = 'memory', 'lookup' = 'true');
CREATE VIEW e AS SELECT a.ts, d.name FROM a JOIN d FOR SYSTEM_TIME AS OF a.p AS d ON a.k = d.k;
CREATE TABLE `out` (window_end TIMESTAMP(3), name STRING, n BIGINT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT window_end, name, COUNT(*) FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, name;
