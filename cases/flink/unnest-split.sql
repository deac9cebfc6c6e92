CREATE TABLE t (line STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (word STRING, n BIGINT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT word, COUNT(*) FROM t CROSS JOIN UNNEST(SPLIT(line, ' ')) AS u(word) GROUP BY word;
