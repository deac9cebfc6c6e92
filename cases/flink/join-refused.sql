CREATE TABLE a (k INT, v STRING) WITH ('connector' = 'memory');
CREATE TABLE b (k INT, w STRING) WITH ('connector' = 'memory');
