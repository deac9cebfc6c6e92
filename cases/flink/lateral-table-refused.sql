CREATE TABLE t (id INT, xs ARRAY<INT>) WITH ('connector' = 'memory');
