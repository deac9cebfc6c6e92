CREATE OR REPLACE STREAM output_stream (ticker_symbol VARCHAR(8), unique_count BIGINT);
CREATE OR REPLACE PUMP stream_pump AS
INSERT INTO output_stream
SELECT STREAM K, COUNT(distinct_stream.X) AS unique_count
  FROM (
    SELECT STREAM DISTINCT rowtime as window_time, K, X, STEP((S.rowtime) BY INTERVAL '5' SECOND)
      FROM S) as distinct_stream
  GROUP BY K, STEP((distinct_stream.window_time) BY INTERVAL '5' SECOND);
