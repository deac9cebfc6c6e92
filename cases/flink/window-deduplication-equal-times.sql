CREATE TABLE t (k STRING, v INT, at TIMESTAMP(3), WATERMARK FOR at AS at - INTERVAL '1' SECOND) WITH ('connector' = 'memory');
CREATE TABLE result (w STRING, k STRING, v INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result
SELECT 'first', k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY at ASC) AS rn FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '10' SECOND))) WHERE rn = 1
UNION ALL
SELECT 'last', k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY at DESC) AS rn FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '10' SECOND))) WHERE rn = 1;
