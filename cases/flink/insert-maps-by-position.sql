CREATE TABLE t (x INT, y INT) WITH ('connector' = 'memory');
CREATE TABLE result (x INT, y INT) WITH ('connector' = 'memory');
INSERT INTO result SELECT y AS y, x AS x FROM t;
