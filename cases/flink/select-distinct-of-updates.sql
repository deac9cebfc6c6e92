CREATE TABLE t (a STRING) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE result (a STRING) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result SELECT DISTINCT a FROM t;
