CREATE TABLE t (xs ARRAY<INT>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE VIEW e AS SELECT ts, x FROM t CROSS JOIN UNNEST(xs) AS u(x);
CREATE TABLE `out` (window_end TIMESTAMP(3), s INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT window_end, SUM(x) FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
