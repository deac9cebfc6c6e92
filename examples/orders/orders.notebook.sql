-- %% [markdown] {"id":"about"}
-- # Orders, live
-- The pipeline joins each item with its order and its product. These cells ask the result: run them one by one, and watch.

-- %% Revenue by state {"dialect":"flink","id":"revenue-by-state","view":{"kind":"bar","x":"shipToState","y":["revenue"]}}
-- From the table, in which each item is there once, as it is now.
SELECT shipToState, ROUND(SUM(itemAmount), 2) AS revenue, COUNT(*) AS items
FROM OrderEnriched
GROUP BY shipToState;

-- %% Revenue by minute {"dialect":"flink","id":"revenue-by-minute","view":{"kind":"line","x":"minute_of_order","y":["revenue"]}}
SELECT FLOOR(orderDateTime TO MINUTE) AS minute_of_order, ROUND(SUM(itemAmount), 2) AS revenue
FROM OrderEnriched
GROUP BY FLOOR(orderDateTime TO MINUTE);

-- %% What was sold just now {"dialect":"flink","id":"sold"}
SELECT orderId, itemId, productName, itemQuantity, itemAmount, shipToState
FROM `orders-enriched`;
