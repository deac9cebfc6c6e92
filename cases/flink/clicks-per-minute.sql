CREATE TABLE clicks (page STRING, atime TIMESTAMP(3), WATERMARK FOR atime AS atime) WITH ('connector' = 'memory');
CREATE TABLE per_minute (window_end TIMESTAMP(3), page STRING, clicks BIGINT) WITH ('connector' = 'memory');
INSERT INTO per_minute
  SELECT window_end, page, COUNT(*) FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(atime), INTERVAL '60' SECOND))
  GROUP BY window_start, window_end, page;
