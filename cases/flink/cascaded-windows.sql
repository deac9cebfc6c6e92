CREATE TABLE t (k STRING, v INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (s TIMESTAMP(3), e TIMESTAMP(3), groups_ BIGINT, total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
CREATE VIEW minutes_ AS
  SELECT window_start AS ms, window_end AS me, window_time AS rt, k, SUM(v) AS total
  FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, window_time, k;
INSERT INTO result SELECT window_start, window_end, COUNT(*), SUM(total)
  FROM TABLE(TUMBLE(TABLE minutes_, DESCRIPTOR(rt), INTERVAL '2' MINUTE)) GROUP BY window_start, window_end;
