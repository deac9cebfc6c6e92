-- Payments by country and minute, and what was sold: a program that calls functions of payment-functions.ts.

CREATE TABLE payments (
  id BIGINT,
  email STRING,
  ip STRING,
  amount DECIMAL(10, 2),
  basket STRING,
  paid_at TIMESTAMP(3),
  WATERMARK FOR paid_at AS paid_at - INTERVAL '2' SECOND
) WITH ('connector' = 'stream');

CREATE TABLE countries (
  country STRING,
  window_start TIMESTAMP(3),
  payments BIGINT,
  companies BIGINT,
  median_amount DECIMAL(10, 2)
) WITH ('connector' = 'stream');

CREATE TABLE sold (id BIGINT, item STRING, quantity INT) WITH ('connector' = 'stream');

CREATE VIEW located AS
SELECT domain_of(email) AS company, COALESCE(country_of(ip), 'unknown') AS country, amount, paid_at
FROM payments;

INSERT INTO countries
SELECT country, window_start, COUNT(*), COUNT(DISTINCT company), median(amount)
FROM TABLE(TUMBLE(TABLE located, DESCRIPTOR(paid_at), INTERVAL '1' MINUTE))
GROUP BY country, window_start, window_end;

INSERT INTO sold
SELECT id, item, quantity FROM payments, LATERAL TABLE(items_of(basket)) AS t (item, quantity);
