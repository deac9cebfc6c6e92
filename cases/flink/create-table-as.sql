CREATE TABLE orders (id INT, amount INT) WITH ('connector' = 'memory');
CREATE TABLE doubled WITH ('connector' = 'memory') AS SELECT id AS order_id, amount * 2 AS twice FROM orders WHERE amount > 5;
