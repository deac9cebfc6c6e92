CREATE TABLE t (a STRING, b INT) WITH ('connector' = 'memory');
CREATE TABLE result (a STRING, b INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT DISTINCT a, b FROM t;
