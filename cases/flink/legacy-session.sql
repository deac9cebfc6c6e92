CREATE TABLE t (bidder STRING, at TIMESTAMP(3), WATERMARK FOR at AS at - INTERVAL '4' SECOND) WITH ('connector' = 'memory');
CREATE TABLE result (bidder STRING, n BIGINT, s TIMESTAMP(3), e TIMESTAMP(3)) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
INSERT INTO result SELECT bidder, COUNT(*), SESSION_START(at, INTERVAL '10' SECOND), SESSION_END(at, INTERVAL '10' SECOND)
FROM t GROUP BY bidder, SESSION(at, INTERVAL '10' SECOND);
