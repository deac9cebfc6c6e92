CREATE TABLE t (id INT, v INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE result (id INT, v INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result SELECT id, v FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY v DESC) AS rn FROM t) WHERE rn <= 2;
