CREATE TABLE t (k STRING, v INT, p AS PROCTIME()) WITH ('connector' = 'memory');
CREATE TABLE result (k STRING, v INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY p ASC) AS rn FROM t) WHERE rn = 1;
