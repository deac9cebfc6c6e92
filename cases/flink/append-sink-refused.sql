CREATE TABLE t (k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE log (k STRING, n BIGINT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
