CREATE TABLE t (k STRING, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (k STRING, s TIMESTAMP(3)) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT k, window_start FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end;
