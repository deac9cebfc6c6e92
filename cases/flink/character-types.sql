CREATE TABLE t (s VARCHAR) WITH ('connector' = 'memory');
CREATE TABLE result (s VARCHAR, c STRING, v STRING, n INT) WITH ('connector' = 'memory');
INSERT INTO result SELECT s, '[' || CAST(s AS CHAR(4)) || ']', '[' || CAST(s AS VARCHAR(4)) || ']', CHAR_LENGTH(s) FROM t;
