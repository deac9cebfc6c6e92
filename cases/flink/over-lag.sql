CREATE TABLE t (k STRING, v INT, at TIMESTAMP(3), WATERMARK FOR at AS at - INTERVAL '5' SECOND) WITH ('connector' = 'memory');
CREATE TABLE result (k STRING, v INT, one INT, two INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT k, v, LAG(v) OVER (PARTITION BY k ORDER BY at), LAG(v, 2, -1) OVER (PARTITION BY k ORDER BY at) FROM t;
