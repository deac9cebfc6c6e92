CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'memory');
CREATE TABLE result (k STRING, v INT) WITH ('connector' = 'memory');
BEGIN STATEMENT SET;
INSERT INTO result SELECT k, v FROM t WHERE v < 10;
INSERT INTO result SELECT k, -v FROM t WHERE v >= 5;
END;
