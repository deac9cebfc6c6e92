CREATE TABLE t (g STRING, item STRING, v INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (e TIMESTAMP(3), g STRING, item STRING, total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT window_end, g, item, total FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, g ORDER BY total DESC) AS rn
  FROM (SELECT window_start, window_end, g, item, SUM(v) AS total FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, g, item)
) WHERE rn = 1;
