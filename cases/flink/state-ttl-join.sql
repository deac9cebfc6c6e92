CREATE TABLE a (k INT, v STRING) WITH ('connector' = 'memory');
CREATE TABLE b (k INT, w STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (v STRING, w STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT /*+ STATE_TTL('a'='10 s', 'b'='1 d') */ a.v, b.w FROM a JOIN b ON a.k = b.k;
