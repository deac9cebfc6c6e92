CREATE TABLE t (v INT) WITH ('connector' = 'memory');
CREATE TABLE result (v INT) WITH ('connector' = 'memory');
CREATE VIEW w AS WITH t AS (SELECT v * 2 AS v FROM t) SELECT v FROM t WHERE v > 2 UNION ALL SELECT -v FROM t;
INSERT INTO result SELECT v FROM w;
