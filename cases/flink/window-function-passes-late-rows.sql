CREATE TABLE t (v INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (f STRING, v INT, s TIMESTAMP(3)) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT 'tumble', v, window_start FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '10' SECOND))
UNION ALL SELECT 'hop', v, window_start FROM TABLE(HOP(TABLE t, DESCRIPTOR(at), INTERVAL '5' SECOND, INTERVAL '10' SECOND));
