CREATE TABLE t (k STRING, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (s TIMESTAMP(3), e TIMESTAMP(3), m BIGINT, keys_ BIGINT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT window_start, window_end, MAX(n), COUNT(*) FROM (
  SELECT window_start, window_end, k, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, k)
GROUP BY window_start, window_end;
