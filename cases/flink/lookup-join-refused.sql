CREATE TABLE a (id INT, k INT, ts TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');
CREATE TABLE d (k INT, name STRING) WITH ('connector' = 'memory', 'lookup' = 'true');
