CREATE TABLE t (v INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (s TIMESTAMP(3), total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
CREATE VIEW kept AS SELECT at AS moment, v + 1 AS w FROM t WHERE v > 0;
CREATE VIEW more AS SELECT w, moment FROM kept UNION ALL SELECT w * 10, moment FROM kept;
INSERT INTO result SELECT window_start, SUM(w) FROM TABLE(TUMBLE(TABLE more, DESCRIPTOR(moment), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
