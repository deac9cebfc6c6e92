-- Order lines of each promotion by the minutes of the clock.
CREATE OR REPLACE STREAM "ORDER_TOTALS" (
  "Promotion"  VARCHAR(16),
  "OrderCount" INTEGER,
  "Revenue"    DECIMAL(18,2),
  "Minute"     TIMESTAMP
);

CREATE OR REPLACE PUMP "ADD_UP_ORDERS" AS INSERT INTO "ORDER_TOTALS"
SELECT STREAM s."Promotion", COUNT(*), SUM(s."UnitPrice" * s."Quantity"), FLOOR(s.ROWTIME TO MINUTE)
FROM "SOURCE_SQL_STREAM_001" AS s
GROUP BY s."Promotion", FLOOR(s.ROWTIME TO MINUTE);
