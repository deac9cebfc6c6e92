CREATE TABLE l (id INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE r (id INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'memory');
CREATE TABLE result (id INT, ln BIGINT, rn BIGINT, e TIMESTAMP(3)) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT a.id, a.n, b.n, a.e
FROM (SELECT id, COUNT(*) AS n, window_start AS s, window_end AS e FROM TABLE(TUMBLE(TABLE l, DESCRIPTOR(at), INTERVAL '10' SECOND)) GROUP BY id, window_start, window_end) AS a
JOIN (SELECT id, COUNT(*) AS n, window_start AS s, window_end AS e FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(at), INTERVAL '10' SECOND)) GROUP BY id, window_start, window_end) AS b
ON a.id = b.id AND a.s = b.s AND a.e = b.e;
