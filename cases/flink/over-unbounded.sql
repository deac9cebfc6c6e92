CREATE TABLE t (v INT, at TIMESTAMP(3), WATERMARK FOR at AS at - INTERVAL '1' SECOND) WITH ('connector' = 'memory');
CREATE TABLE result (v INT, total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
CREATE TABLE by_rows (v INT, total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
EXECUTE STATEMENT SET BEGIN
INSERT INTO result SELECT v, SUM(v) OVER (ORDER BY at) FROM t;
INSERT INTO by_rows SELECT v, SUM(v) OVER (ORDER BY at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM t;
END;
