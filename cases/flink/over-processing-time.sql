CREATE TABLE t (v INT, p AS PROCTIME()) WITH ('connector' = 'memory');
CREATE TABLE by_rows (v INT, total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
CREATE TABLE by_time (v INT, total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
EXECUTE STATEMENT SET BEGIN
INSERT INTO by_rows SELECT v, SUM(v) OVER (ORDER BY p ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t;
INSERT INTO by_time SELECT v, SUM(v) OVER (ORDER BY p RANGE BETWEEN INTERVAL '10' SECOND PRECEDING AND CURRENT ROW) FROM t;
END;
