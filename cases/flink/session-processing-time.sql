CREATE TABLE t (k STRING, p AS PROCTIME()) WITH ('connector' = 'memory');
CREATE TABLE result (k STRING, s TIMESTAMP(3), e TIMESTAMP(3), n BIGINT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT k, window_start, window_end, COUNT(*) FROM TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(p), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end;
