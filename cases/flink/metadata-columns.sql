CREATE TABLE t (v INT, at TIMESTAMP(3) METADATA FROM 'timestamp', origin STRING METADATA VIRTUAL) WITH ('connector' = 'memory');
CREATE TABLE result (v INT, origin STRING METADATA VIRTUAL, at TIMESTAMP(3) METADATA FROM 'timestamp') WITH ('connector' = 'memory');
INSERT INTO result SELECT v, at FROM t WHERE origin = 'x';
