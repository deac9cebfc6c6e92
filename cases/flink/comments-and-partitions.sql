-- a line
/* a block
   of lines */
CREATE TEMPORARY TABLE IF NOT EXISTS t (
  a INT NOT NULL COMMENT 'first; column', -- after a column
  b STRING COMMENT 'it''s text',
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED
) COMMENT 'a table' WITH ('connector' = 'memory', 'changelog-mode' = 'append');
CREATE TABLE result (a INT, b STRING, dt STRING) COMMENT 'out' PARTITIONED BY (dt) WITH ('connector' = 'memory');
INSERT INTO result SELECT a, b || '--x/*y*/', '2026;' FROM t /* here too */;
