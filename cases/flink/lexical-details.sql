-- SELECT in a comment; with a semicolon
CREATE TABLE t (v INT, at TIMESTAMP(3)) WITH ('connector' = 'memory') /* and /* here */;;
CREATE TABLE result (u BOOLEAN, a TIMESTAMP(3), b TIMESTAMP(3), c TIMESTAMP(3), s STRING) WITH ('connector' = 'memory');
INSERT INTO result SELECT (v > 1) IS UNKNOWN, at + INTERVAL '3 4' DAY TO HOUR, at - INTERVAL '120' SECOND(3), at + INTERVAL '120' SECOND, 'it''s; -- no comment' FROM t -- the end
