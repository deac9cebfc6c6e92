CREATE TABLE t (id INT, items ARRAY<ROW<sku STRING, n INT>>) WITH ('connector' = 'memory');
CREATE TABLE `out` (id INT, sku STRING, n INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT t.id, i.sku, i.n FROM t, UNNEST(t.items) AS i(sku, n) WHERE i.n > 1;
