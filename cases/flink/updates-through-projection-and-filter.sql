CREATE TABLE t (id INT, v INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE result (id INT, w INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result SELECT id, v * 2 FROM t WHERE v > 10;
