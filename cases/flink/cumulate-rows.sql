CREATE TABLE t (v INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (v INT, s TIMESTAMP(3), e TIMESTAMP(3), w TIMESTAMP(3)) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT v, window_start, window_end, window_time FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(at), INTERVAL '10' SECOND, INTERVAL '30' SECOND));
