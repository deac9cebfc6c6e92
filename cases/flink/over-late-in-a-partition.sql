CREATE TABLE t (k STRING, v INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE unbounded_ (k STRING, v INT, total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
CREATE TABLE bounded_ (k STRING, v INT, total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
EXECUTE STATEMENT SET BEGIN
INSERT INTO unbounded_ SELECT k, v, SUM(v) OVER (PARTITION BY k ORDER BY at) FROM t;
INSERT INTO bounded_ SELECT k, v, SUM(v) OVER (PARTITION BY k ORDER BY at RANGE BETWEEN INTERVAL '10' SECOND PRECEDING AND CURRENT ROW) FROM t;
END;
