CREATE TABLE t (who STRING, v INT, at TIMESTAMP(3), WATERMARK FOR at AS at - INTERVAL '1' MINUTE) WITH ('connector' = 'memory');
CREATE TABLE result (e TIMESTAMP(3), d BIGINT, bigd BIGINT, s INT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT window_end, COUNT(DISTINCT who), COUNT(DISTINCT who) FILTER (WHERE v > 1), SUM(DISTINCT v)
FROM TABLE(HOP(TABLE t, DESCRIPTOR(at), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
