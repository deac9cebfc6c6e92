-- Clicks by page and minute, in SQL alone: generated clicks go through a tumbling window into files, one folder for each
-- page, and the busy minutes are printed.

-- One click for each second of event time, up to three seconds out of order.
CREATE TABLE clicks (
  id BIGINT,
  page_number INT,
  delay INT,
  amount DECIMAL(8, 2),
  page AS CONCAT('page-', CAST(page_number AS STRING)),
  clicked_at AS TIMESTAMPADD(SECOND, id - delay, TIMESTAMP '2026-06-01 12:00:00'),
  WATERMARK FOR clicked_at AS clicked_at - INTERVAL '5' SECOND
) WITH (
  'connector' = 'datagen',
  'rows-per-second' = '${RATE:100}',
  'fields.id.kind' = 'sequence',
  'fields.id.start' = '0',
  'fields.id.end' = '${LAST_ID:599}',
  'fields.page_number.min' = '1',
  'fields.page_number.max' = '3',
  'fields.delay.min' = '0',
  'fields.delay.max' = '3',
  'fields.amount.min' = '0.10',
  'fields.amount.max' = '9.99'
);

CREATE TABLE clicks_per_minute (
  page STRING,
  window_start TIMESTAMP(3),
  clicks BIGINT,
  amount DECIMAL(38, 2)
) PARTITIONED BY (page) WITH (
  'connector' = 'filesystem',
  'path' = '${OUT:/tmp/clicks-out}',
  'format' = 'csv'
);

CREATE TABLE busy_minutes (page STRING, window_start TIMESTAMP(3), clicks BIGINT) WITH (
  'connector' = 'print',
  'print-identifier' = 'busy'
);

CREATE VIEW per_minute AS
SELECT page, window_start, COUNT(*) AS clicks, SUM(amount) AS amount
FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(clicked_at), INTERVAL '${MINUTES:1}' MINUTE))
GROUP BY page, window_start, window_end;

EXECUTE STATEMENT SET BEGIN
  INSERT INTO clicks_per_minute SELECT page, window_start, clicks, amount FROM per_minute;
  INSERT INTO busy_minutes SELECT page, window_start, clicks FROM per_minute WHERE clicks >= ${BUSY:25};
END;
