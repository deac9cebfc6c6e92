-- The shop's tables in Postgres. Nothing happens to what is there already.

CREATE SCHEMA IF NOT EXISTS orders;

CREATE TABLE IF NOT EXISTS orders.product (
  "productId"    integer        PRIMARY KEY,
  "productName"  varchar(64)    NOT NULL,
  "productPrice" numeric(10, 2) NOT NULL
);

CREATE TABLE IF NOT EXISTS orders."order" (
  "orderId"       integer        PRIMARY KEY,
  "orderAmount"   numeric(10, 2) NOT NULL,
  "orderStatus"   varchar(64)    NOT NULL,
  "orderDateTime" timestamptz(3) NOT NULL,
  "shipToName"    varchar(64)    NOT NULL,
  "shipToAddress" varchar(64)    NOT NULL,
  "shipToCity"    varchar(64)    NOT NULL,
  "shipToState"   varchar(64)    NOT NULL,
  "shipToZip"     varchar(64)    NOT NULL
);

CREATE TABLE IF NOT EXISTS orders.order_item (
  "orderId"      integer        NOT NULL REFERENCES orders."order",
  "itemId"       integer        NOT NULL REFERENCES orders.product,
  "itemQuantity" integer        NOT NULL,
  "itemAmount"   numeric(10, 2) NOT NULL,
  "itemStatus"   varchar(64)    NOT NULL,
  PRIMARY KEY ("orderId", "itemId")
);
