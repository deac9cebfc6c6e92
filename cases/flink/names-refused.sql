CREATE TABLE t (foo STRING, n INT) WITH ('connector' = 'memory');
