CREATE TABLE o (id INT, p AS PROCTIME()) WITH ('connector' = 'memory');
CREATE TABLE s (id INT, n INT, p AS PROCTIME()) WITH ('connector' = 'memory');
CREATE TABLE `out` (id INT, n INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT o.id, s.n FROM o JOIN s ON o.id = s.id AND s.p BETWEEN o.p - INTERVAL '5' SECOND AND o.p + INTERVAL '5' SECOND;
