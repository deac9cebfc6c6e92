CREATE TABLE t (k STRING, v INT, plain TIMESTAMP(3), at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
