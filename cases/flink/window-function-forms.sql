CREATE TABLE t (v INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (f STRING, s TIMESTAMP(3), e TIMESTAMP(3), n BIGINT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result
  SELECT 'tumble', window_start, window_end, COUNT(*) FROM TUMBLE(DATA => TABLE t, TIMECOL => DESCRIPTOR(at), SIZE => INTERVAL '10' SECOND, OFFSET => INTERVAL '2' SECOND) GROUP BY window_start, window_end
  UNION ALL SELECT 'hop', window_start, window_end, COUNT(*) FROM TABLE(HOP(DATA => TABLE t, TIMECOL => DESCRIPTOR(at), SLIDE => INTERVAL '5' SECONDS, SIZE => INTERVAL '10' SECONDS)) GROUP BY window_start, window_end
  UNION ALL SELECT 'cumulate', window_start, window_end, COUNT(*) FROM TABLE(CUMULATE(DATA => TABLE t, TIMECOL => DESCRIPTOR(at), STEP => INTERVAL '5' SECOND, SIZE => INTERVAL '10' SECOND)) GROUP BY window_start, window_end
  UNION ALL SELECT 'session', window_start, window_end, COUNT(*) FROM TABLE(SESSION(DATA => TABLE t PARTITION BY v, TIMECOL => DESCRIPTOR(at), GAP => INTERVAL '3' SECOND)) GROUP BY window_start, window_end, v;
