CREATE TABLE a (id INT, k INT, p AS PROCTIME()) WITH ('connector' = 'memory');
CREATE TABLE d (k INT, name STRING) WITH ('connector' = 'memory', 'lookup' = 'true');
CREATE TABLE `out` (id INT, name STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT /*+ LOOKUP('table'='d', 'retry-predicate'='lookup_miss', 'retry-strategy'='fixed_delay', 'fixed-delay'='1s', 'max-attempts'='3') */ a.id, d.name FROM a JOIN d FOR SYSTEM_TIME AS OF a.p AS d ON a.k = d.k AND d.name = 'zwei';
