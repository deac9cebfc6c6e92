CREATE TABLE t (a INT NOT NULL, b STRING, big BIGINT, c AS a + 1) WITH ('connector' = 'memory');
