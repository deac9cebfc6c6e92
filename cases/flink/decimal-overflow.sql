CREATE TABLE t (id INT, big DECIMAL(38, 0), s DECIMAL(8, 2)) WITH ('connector' = 'memory');
CREATE TABLE result (id INT, big DECIMAL(38, 0), s DECIMAL(5, 1)) WITH ('connector' = 'memory');
INSERT INTO result SELECT id, big + 1, CAST(s AS DECIMAL(5, 1)) FROM t;
