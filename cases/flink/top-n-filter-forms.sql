CREATE TABLE t (v INT) WITH ('connector' = 'memory');
CREATE VIEW ranked AS SELECT v, ROW_NUMBER() OVER (ORDER BY v) AS rn FROM t;
CREATE TABLE result (f STRING, v INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result
SELECT 'less', v FROM ranked WHERE rn < 3 UNION ALL SELECT 'turned', v FROM ranked WHERE 2 >= rn UNION ALL SELECT 'more', v FROM ranked WHERE rn <= 2 AND v > 1 UNION ALL SELECT 'second', v FROM ranked WHERE rn = 2;
