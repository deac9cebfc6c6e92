CREATE TABLE l (id INT, v STRING, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE r (id INT, v STRING, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE VIEW lw AS SELECT * FROM TABLE(TUMBLE(TABLE l, DESCRIPTOR(at), INTERVAL '10' SECOND));
CREATE VIEW rw AS SELECT * FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(at), INTERVAL '10' SECOND));
CREATE TABLE result (id INT, v STRING, s TIMESTAMP(3)) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT a.id, a.v, a.window_start FROM lw AS a
WHERE a.id IN (SELECT b.id FROM rw AS b WHERE a.window_start = b.window_start AND a.window_end = b.window_end);
