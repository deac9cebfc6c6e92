CREATE TABLE t (k STRING, v INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (k STRING, v INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
INSERT INTO result SELECT k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY at ASC) AS rn FROM t) WHERE rn = 1;
