CREATE TABLE t (k INT, x STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (k INT, x STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT k, x FROM (SELECT k, COLLECT(x) AS xs FROM t GROUP BY k) CROSS JOIN UNNEST(xs) AS u(x);
