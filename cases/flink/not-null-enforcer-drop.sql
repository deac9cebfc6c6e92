SET 'table.exec.sink.not-null-enforcer' = 'DROP';
CREATE TABLE t (v INT) WITH ('connector' = 'memory');
CREATE TABLE result (v INT NOT NULL) WITH ('connector' = 'memory');
INSERT INTO result SELECT v FROM t;
