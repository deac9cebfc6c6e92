CREATE TABLE t (v INT, p AS PROCTIME()) WITH ('connector' = 'memory');
CREATE TABLE result (s TIMESTAMP(3), total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT window_start, SUM(v) FROM TABLE(HOP(TABLE t, DESCRIPTOR(p), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
