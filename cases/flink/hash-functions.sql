CREATE TABLE t (one INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING, c2 STRING, c3 STRING, c4 STRING, c5 STRING, c6 INT, c7 INT, c8 STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  MD5('abc'),
  SHA1('abc'),
  SHA256('abc'),
  SHA2('abc', 256),
  SHA224('abc'),
  CHAR_LENGTH(SHA384('abc')),
  CHAR_LENGTH(SHA512('abc')),
  MD5(CAST(NULL AS STRING))
FROM t;
