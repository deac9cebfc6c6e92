CREATE TABLE t (id INT, v STRING, tags ARRAY<STRING>, `at` TIMESTAMP(3)) WITH ('connector' = 'memory', 'format' = 'json');
CREATE TABLE `out` (id INT, v STRING, tag STRING, `at` TIMESTAMP(3)) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT id, v, tags[2], `at` FROM t;
