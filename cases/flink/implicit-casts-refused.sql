CREATE TABLE t (i INT, l BIGINT, s STRING, d DOUBLE, b BOOLEAN, ts TIMESTAMP(3)) WITH ('connector' = 'memory');
