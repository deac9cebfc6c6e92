CREATE TABLE t (one INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING, c2 STRING, c3 STRING, c4 STRING, c5 STRING, c6 STRING, c7 STRING, c8 STRING, c9 STRING, c10 STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  JSON_QUERY('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', '$.o.x'),
  JSON_QUERY('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', '$.o'),
  JSON_QUERY('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', '$.a'),
  JSON_QUERY('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', '$.a' WITH WRAPPER),
  JSON_QUERY('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', '$.o.x' WITH CONDITIONAL WRAPPER),
  JSON_QUERY('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', '$.o.x' WITH UNCONDITIONAL WRAPPER),
  JSON_QUERY('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', '$.none'),
  JSON_QUERY('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', 'lax $.none' EMPTY ARRAY ON EMPTY),
  JSON_QUERY('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', 'lax $.none' EMPTY OBJECT ON EMPTY),
  JSON_QUERY('{"a": true, "n": 1.5, "s": "txt", "o": {"x": [1, 2]}, "e": null}', 'strict $.none' EMPTY ARRAY ON ERROR)
FROM t;
