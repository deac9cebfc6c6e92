CREATE FUNCTION count_char AS 'com.github.nexmark.flink.udf.CountChar';
CREATE TABLE t (s STRING, ch STRING) WITH ('connector' = 'memory');
CREATE TABLE result (s STRING, n BIGINT) WITH ('connector' = 'memory');
INSERT INTO result SELECT s, count_char(s, ch) FROM t;
