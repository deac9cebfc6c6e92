SET 'table.exec.source.idle-timeout' = '10 s';
CREATE TABLE a (v INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE b (v INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE VIEW t AS SELECT v, at FROM a UNION ALL SELECT v, at FROM b;
CREATE TABLE result (s TIMESTAMP(3), total INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT window_start, SUM(v) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
