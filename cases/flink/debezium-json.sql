CREATE TABLE t (id INT, v STRING) WITH ('connector' = 'memory', 'format' = 'debezium-json');
CREATE TABLE `out` (id INT, v STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT id, v FROM t;
