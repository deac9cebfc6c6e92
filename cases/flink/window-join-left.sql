CREATE TABLE l (id INT, v STRING, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE r (id INT, v STRING, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE VIEW lw AS SELECT * FROM TABLE(TUMBLE(TABLE l, DESCRIPTOR(at), INTERVAL '10' SECOND));
CREATE VIEW rw AS SELECT * FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(at), INTERVAL '10' SECOND));
CREATE TABLE result (id INT, lv STRING, rv STRING) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT COALESCE(a.id, b.id), a.v, b.v FROM lw AS a LEFT JOIN rw AS b ON a.id = b.id AND a.window_start = b.window_start AND a.window_end = b.window_end;
