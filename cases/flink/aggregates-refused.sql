CREATE TABLE t (k STRING, x INT) WITH ('connector' = 'memory');
