CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'memory');
CREATE TABLE result (k STRING, total INT) WITH ('connector' = 'memory');
INSERT INTO result
WITH kept AS (SELECT k, v FROM t WHERE v >= 2),
     sums (key_, total) AS (SELECT k, SUM(v) FROM kept GROUP BY k)
SELECT key_, total FROM sums WHERE total > 5 UNION ALL SELECT 'all', v FROM kept WHERE v = 9;
