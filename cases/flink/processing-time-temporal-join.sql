CREATE TABLE a (id INT, k STRING, p AS PROCTIME()) WITH ('connector' = 'memory');
CREATE TABLE h (k STRING, v INT, p AS PROCTIME()) WITH ('connector' = 'memory');
CREATE VIEW d AS SELECT k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY p DESC) AS rn FROM h) WHERE rn = 1;
CREATE TABLE `out` (id INT, v INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT a.id, d.v FROM a LEFT JOIN d FOR SYSTEM_TIME AS OF a.p ON a.k = d.k;
