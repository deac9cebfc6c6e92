-- Joins each order item with its order and its product.
--
--   SOURCE_SQL_STREAM_001 --> ORDERS --------------------.
--                         \-> ITEMS (with product name) --+--> ORDER_ITEM_ENRICHED_STREAM
--
-- An item finds its order if the two arrive within 30 minutes of each other, whichever comes first.

CREATE OR REPLACE STREAM "ORDERS" (
  "orderId"       INTEGER,
  "orderAmount"   DECIMAL(10,2),
  "orderStatus"   VARCHAR(64),
  "orderDateTime" TIMESTAMP,
  "shipToName"    VARCHAR(64),
  "shipToAddress" VARCHAR(64),
  "shipToCity"    VARCHAR(64),
  "shipToState"   VARCHAR(64),
  "shipToZip"     VARCHAR(64)
);

CREATE OR REPLACE STREAM "ITEMS" (
  "orderId"      INTEGER,
  "itemId"       INTEGER,
  "itemQuantity" INTEGER,
  "itemAmount"   DECIMAL(10,2),
  "itemStatus"   VARCHAR(64),
  "productName"  VARCHAR(64)
);

CREATE OR REPLACE STREAM "ORDER_ITEM_ENRICHED_STREAM" (
  "event_ts"      TIMESTAMP,
  "orderId"       INTEGER,
  "orderAmount"   DECIMAL(10,2),
  "orderStatus"   VARCHAR(64),
  "orderDateTime" TIMESTAMP,
  "shipToName"    VARCHAR(64),
  "shipToAddress" VARCHAR(64),
  "shipToCity"    VARCHAR(64),
  "shipToState"   VARCHAR(64),
  "shipToZip"     VARCHAR(64),
  "itemId"        INTEGER,
  "itemAmount"    DECIMAL(10,2),
  "itemQuantity"  INTEGER,
  "itemStatus"    VARCHAR(64),
  "productName"   VARCHAR(64)
);

CREATE OR REPLACE PUMP "ORDERS_PUMP" AS
INSERT INTO "ORDERS" (
  "orderId", "orderAmount", "orderStatus", "orderDateTime",
  "shipToName", "shipToAddress", "shipToCity", "shipToState", "shipToZip"
)
SELECT STREAM
  s."orderId", s."orderAmount", s."orderStatus", s."orderDateTime",
  s."shipToName", s."shipToAddress", s."shipToCity", s."shipToState", s."shipToZip"
FROM "SOURCE_SQL_STREAM_001" AS s
WHERE s."recordType" = 'order';

-- A product that is not in the reference leaves its name NULL; the item is kept.
CREATE OR REPLACE PUMP "ITEMS_PUMP" AS
INSERT INTO "ITEMS" (
  "orderId", "itemId", "itemQuantity", "itemAmount", "itemStatus", "productName"
)
SELECT STREAM
  s."orderId", s."itemId", s."itemQuantity", s."itemAmount", s."itemStatus", p."productName"
FROM "SOURCE_SQL_STREAM_001" AS s
LEFT JOIN "products" AS p ON p."productId" = s."itemId"
WHERE s."recordType" = 'order_item';

CREATE OR REPLACE PUMP "ORDER_ITEM_ENRICHED_PUMP" AS
INSERT INTO "ORDER_ITEM_ENRICHED_STREAM" (
  "event_ts",
  "orderId", "orderAmount", "orderStatus", "orderDateTime",
  "shipToName", "shipToAddress", "shipToCity", "shipToState", "shipToZip",
  "itemId", "itemAmount", "itemQuantity", "itemStatus", "productName"
)
SELECT STREAM
  ROWTIME,
  o."orderId", o."orderAmount", o."orderStatus", o."orderDateTime",
  o."shipToName", o."shipToAddress", o."shipToCity", o."shipToState", o."shipToZip",
  i."itemId", i."itemAmount", i."itemQuantity", i."itemStatus", i."productName"
FROM "ORDERS" OVER (RANGE INTERVAL '30' MINUTE PRECEDING) AS o
JOIN "ITEMS" OVER (RANGE INTERVAL '30' MINUTE PRECEDING) AS i
  ON i."orderId" = o."orderId";
