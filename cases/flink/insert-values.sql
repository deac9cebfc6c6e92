CREATE TABLE result (id BIGINT, price DECIMAL(10, 3), name VARCHAR(10), born DATE) WITH ('connector' = 'memory');
INSERT INTO result VALUES (1, 1.5, 'one', DATE '2026-01-02'), (2, 2, NULL, NULL);
