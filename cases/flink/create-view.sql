CREATE TABLE orders (id INT, amount INT) WITH ('connector' = 'memory');
CREATE TABLE result (k INT, v INT) WITH ('connector' = 'memory');
CREATE TEMPORARY VIEW big (k, v) AS SELECT id, amount FROM orders WHERE amount >= 10;
CREATE VIEW IF NOT EXISTS big AS SELECT 0 AS k, 0 AS v FROM orders;
CREATE VIEW bigger AS SELECT v, k FROM big WHERE v >= 20;
INSERT INTO result SELECT k, v FROM bigger;
