CREATE TABLE a (k INT, v STRING, f ARRAY<INT>) WITH ('connector' = 'memory');
