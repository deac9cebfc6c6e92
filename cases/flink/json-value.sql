CREATE TABLE t (one INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING, c2 STRING, c3 STRING, c4 STRING, c5 STRING, c6 STRING, c7 STRING, c8 BOOLEAN, c9 INT, c10 DOUBLE, c11 STRING, c12 STRING, c13 STRING, c14 STRING, c15 STRING, c16 STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  JSON_VALUE('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', '$.a'),
  JSON_VALUE('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', '$.n'),
  JSON_VALUE('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', '$.s'),
  JSON_VALUE('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', '$.none'),
  JSON_VALUE('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', '$.o'),
  JSON_VALUE('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', '$.e'),
  JSON_VALUE('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', '$.o.x[1]'),
  JSON_VALUE('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', '$.a' RETURNING BOOLEAN),
  JSON_VALUE('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', '$.o.x[0]' RETURNING INT),
  JSON_VALUE('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', '$.n' RETURNING DOUBLE),
  JSON_VALUE('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', 'lax $.none' DEFAULT 'd' ON EMPTY),
  JSON_VALUE('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', 'strict $.none' DEFAULT 'err' ON ERROR),
  JSON_VALUE('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', '$.o' DEFAULT 'err' ON ERROR),
  JSON_VALUE('no json', '$.a'),
  JSON_VALUE(CAST(NULL AS STRING), '$.a'),
  JSON_VALUE('{"a.b": [0.998, 0.996]}', '$[''a.b''][0]')
FROM t;
