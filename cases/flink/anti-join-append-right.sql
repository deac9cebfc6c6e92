CREATE TABLE a (k INT) WITH ('connector' = 'memory');
CREATE TABLE b (k INT, ok BOOLEAN) WITH ('connector' = 'memory');
CREATE TABLE `out` (k INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT k FROM a WHERE k IN (SELECT k FROM b WHERE ok) AND k NOT IN (SELECT k FROM b WHERE NOT ok);
