-- Orders with their shipments, when those come within half an hour, in Flink SQL: an interval join.
CREATE TABLE events (
  kind STRING,
  id INT,
  amount DECIMAL(10, 2),
  carrier STRING,
  happened_at TIMESTAMP(3),
  WATERMARK FOR happened_at AS happened_at
) WITH ('connector' = 'memory');

CREATE TABLE shipped (id INT, amount DECIMAL(10, 2), carrier STRING) WITH ('connector' = 'memory');

CREATE VIEW orders AS SELECT id, amount, happened_at FROM events WHERE kind = 'order';
CREATE VIEW shipments AS SELECT id, carrier, happened_at FROM events WHERE kind = 'shipment';

INSERT INTO shipped
SELECT o.id, o.amount, s.carrier
FROM orders AS o
JOIN shipments AS s
  ON s.id = o.id AND o.happened_at BETWEEN s.happened_at - INTERVAL '30' MINUTE AND s.happened_at;
