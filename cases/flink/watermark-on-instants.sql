CREATE TABLE t (v INT, at TIMESTAMP_LTZ(3), WATERMARK FOR at AS at - INTERVAL '0.001' SECOND) WITH ('connector' = 'memory', 'scan.watermark.emit.strategy' = 'on-event');
CREATE TABLE result (s TIMESTAMP(3), e TIMESTAMP(3), r TIMESTAMP_LTZ(3), total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT window_start, window_end, window_time, SUM(v) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, window_time;
