CREATE TABLE t (who STRING, v INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (s TIMESTAMP(3), e TIMESTAMP(3), d BIGINT, n BIGINT, m INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT window_start, window_end, COUNT(DISTINCT who), COUNT(*), MAX(v)
FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(at), INTERVAL '10' SECOND, INTERVAL '30' SECOND)) GROUP BY window_start, window_end;
