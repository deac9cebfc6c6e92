CREATE TABLE t (v INT) WITH ('connector' = 'memory');
CREATE TABLE result (o STRING, v INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result
SELECT 'asc', v FROM (SELECT v, ROW_NUMBER() OVER (ORDER BY v) AS rn FROM t) WHERE rn = 1 UNION ALL
SELECT 'desc', v FROM (SELECT v, ROW_NUMBER() OVER (ORDER BY v DESC) AS rn FROM t) WHERE rn = 1 UNION ALL
SELECT 'asc last', v FROM (SELECT v, ROW_NUMBER() OVER (ORDER BY v ASC NULLS LAST) AS rn FROM t) WHERE rn = 1 UNION ALL
SELECT 'desc first', v FROM (SELECT v, ROW_NUMBER() OVER (ORDER BY v DESC NULLS FIRST) AS rn FROM t) WHERE rn = 1;
