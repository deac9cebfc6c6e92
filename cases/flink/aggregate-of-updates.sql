CREATE TABLE t (word STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (n BIGINT, words BIGINT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT n, COUNT(*) FROM (SELECT word, COUNT(*) AS n FROM t GROUP BY word) GROUP BY n;
