CREATE TABLE t (item STRING, price INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (e TIMESTAMP(3), item STRING, rn BIGINT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT window_end, item, rn FROM (SELECT window_end, item, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY price, item DESC) AS rn FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '10' SECOND))) WHERE rn = 2;
