CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
