CREATE TABLE t (v INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (v INT, s TIMESTAMP(3), e TIMESTAMP(3)) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT v, window_start, window_end FROM TABLE(HOP(TABLE t, DESCRIPTOR(at), INTERVAL '2' SECOND, INTERVAL '6' SECOND));
