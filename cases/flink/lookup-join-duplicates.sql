CREATE TABLE a (id INT, k INT, p AS PROCTIME()) WITH ('connector' = 'memory');
CREATE TABLE d (k INT, name STRING) WITH ('connector' = 'memory', 'changelog-mode' = 'all', 'lookup' = 'true');
CREATE TABLE `out` (id INT, name STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT a.id, d.name FROM a JOIN d FOR SYSTEM_TIME AS OF a.p AS d ON a.k = d.k;
