CREATE TABLE t (s STRING, b BOOLEAN) WITH ('connector' = 'memory');
CREATE TABLE result (s STRING, n BOOLEAN, h BYTES) WITH ('connector' = 'memory');
INSERT INTO result SELECT CAST(CAST(s AS BYTES) AS STRING), NOT b, CAST(s AS BYTES) FROM t;
