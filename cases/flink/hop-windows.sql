CREATE TABLE t (v INT, at TIMESTAMP(3), WATERMARK FOR at AS at - INTERVAL '1' DAY) WITH ('connector' = 'memory');
CREATE TABLE result (s TIMESTAMP(3), e TIMESTAMP(3), total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT window_start, window_end, SUM(v) FROM TABLE(HOP(TABLE t, DESCRIPTOR(at), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
