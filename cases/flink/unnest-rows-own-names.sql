CREATE TABLE t (id INT, items ARRAY<ROW<sku STRING, n INT>>) WITH ('connector' = 'memory');
CREATE TABLE `out` (id INT, sku STRING, n INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT id, sku, n FROM t CROSS JOIN UNNEST(items);
