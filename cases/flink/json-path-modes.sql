CREATE TABLE t (one INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING, c2 STRING, c3 STRING, c4 STRING, c5 STRING, c6 BOOLEAN, c7 BOOLEAN) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  JSON_VALUE('{"a": 1}', '$.b' DEFAULT 'empty' ON EMPTY DEFAULT 'error' ON ERROR),
  JSON_VALUE('{"a": 1}', 'strict $.b' DEFAULT 'empty' ON EMPTY DEFAULT 'error' ON ERROR),
  JSON_VALUE('{"a": 1}', 'lax $.b' DEFAULT 'empty' ON EMPTY DEFAULT 'error' ON ERROR),
  JSON_QUERY('{"a": 1}', '$.b' EMPTY OBJECT ON EMPTY EMPTY ARRAY ON ERROR),
  JSON_QUERY('{"a": 1}', 'lax $.b' EMPTY OBJECT ON EMPTY EMPTY ARRAY ON ERROR),
  JSON_EXISTS('{"a": 1}', '$.b' TRUE ON ERROR),
  JSON_EXISTS('{"a": 1}', 'lax $.b' TRUE ON ERROR)
FROM t;
