CREATE TABLE t (v INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (v INT, w TIMESTAMP(3)) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT v, CURRENT_WATERMARK(at) FROM t WHERE CURRENT_WATERMARK(at) IS NULL OR at > CURRENT_WATERMARK(at);
