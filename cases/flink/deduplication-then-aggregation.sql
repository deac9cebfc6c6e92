CREATE TABLE t (id INT, state STRING, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (state STRING, n BIGINT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE VIEW latest AS SELECT id, state FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY at DESC) AS rn FROM t) WHERE rn = 1;
INSERT INTO result SELECT state, COUNT(*) FROM latest GROUP BY state;
