CREATE TABLE t (v INT, at TIMESTAMP(3), d DATE) WITH ('connector' = 'memory');
CREATE TABLE result (v INT) WITH ('connector' = 'memory');
INSERT INTO result SELECT v FROM t WHERE at BETWEEN '2026-01-01 00:00:01' AND '2026-01-01 00:00:03' AND d >= '2026-01-01' AND d < DATE '2026-01-01' + INTERVAL '1' DAY;
