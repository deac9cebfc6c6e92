CREATE TABLE orders (id INT, price INT, n INT, total AS price * n, label AS CONCAT('#', CAST(id AS STRING))) WITH ('connector' = 'memory');
CREATE TABLE result (label STRING, twice AS label || label, total INT) WITH ('connector' = 'memory');
INSERT INTO result SELECT label, total FROM orders WHERE total > 5;
