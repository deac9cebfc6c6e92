CREATE TABLE base (k STRING, v INT, at TIMESTAMP(3), total AS v * 10, WATERMARK FOR at AS at, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
CREATE TABLE slow (WATERMARK FOR at AS at - INTERVAL '10' SECOND) LIKE base (EXCLUDING CONSTRAINTS OVERWRITING WATERMARKS);
CREATE TABLE bare WITH ('connector' = 'memory') LIKE base (EXCLUDING ALL);
INSERT INTO bare SELECT k, SUM(total), window_end FROM TABLE(TUMBLE(TABLE slow, DESCRIPTOR(at), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, k;
