CREATE TABLE t (i INT, s STRING, a ARRAY<INT>) WITH ('connector' = 'memory');
