CREATE TABLE t (one INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 BIGINT, c2 BIGINT, c3 BIGINT, c4 STRING, c5 STRING, c6 STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  UNIX_TIMESTAMP('1970-01-01 01:00:10'),
  UNIX_TIMESTAMP('01.01.1970 02', 'dd.MM.yyyy HH'),
  UNIX_TIMESTAMP('nonsense'),
  FROM_UNIXTIME(44),
  FROM_UNIXTIME(44, 'HH:mm'),
  CONVERT_TZ('1970-01-01 00:00:00', 'UTC', 'America/Los_Angeles')
FROM t;
