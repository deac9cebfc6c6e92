CREATE TABLE t (one INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 BOOLEAN, c2 BOOLEAN, c3 BOOLEAN, c4 BOOLEAN, c5 BOOLEAN, c6 BOOLEAN) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  JSON_EXISTS('{"a": true}', '$.a'),
  JSON_EXISTS('{"a": true}', '$.b'),
  JSON_EXISTS('{"a": [{ "b": 1 }]}', '$.a[0].b'),
  JSON_EXISTS('{"a": true}', 'strict $.b' TRUE ON ERROR),
  JSON_EXISTS('{"a": true}', 'strict $.b' FALSE ON ERROR),
  JSON_EXISTS(CAST(NULL AS STRING), '$.a')
FROM t;
