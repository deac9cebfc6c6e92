CREATE TABLE c (id INT, k INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'memory', 'changelog-mode' = 'upsert');
