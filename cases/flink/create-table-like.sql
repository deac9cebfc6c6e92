CREATE TABLE base (name STRING, at TIMESTAMP(3), WATERMARK FOR at AS at - INTERVAL '1' SECOND)
  WITH ('connector' = 'memory', 'changelog-mode' = 'append');
CREATE TABLE events (amount INT) LIKE base;
CREATE TABLE plain (total BIGINT) WITH ('connector' = 'memory') LIKE base (EXCLUDING WATERMARKS);
INSERT INTO plain (name, at, total)
  SELECT name, window_end, SUM(CAST(amount AS BIGINT))
  FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(at), INTERVAL '10' SECOND))
  GROUP BY window_start, window_end, name;
