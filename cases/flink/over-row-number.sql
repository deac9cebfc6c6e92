CREATE TABLE t (k STRING, v INT, at TIMESTAMP(3), WATERMARK FOR at AS at - INTERVAL '5' SECOND) WITH ('connector' = 'memory');
CREATE TABLE result (k STRING, v INT, rn BIGINT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT k, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY at) FROM t;
