CREATE TABLE t (one INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 BOOLEAN, c2 BOOLEAN, c3 BOOLEAN, c4 BOOLEAN, c5 BOOLEAN, c6 BOOLEAN, c7 BOOLEAN, c8 BOOLEAN, c9 BOOLEAN, c10 BOOLEAN, c11 BOOLEAN, c12 BOOLEAN, c13 BOOLEAN, c14 BOOLEAN) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  'abc' LIKE 'a%',
  'abc' LIKE 'b',
  'abc' LIKE '_b_',
  'ABC' LIKE 'a%',
  '50%' LIKE '50!%' ESCAPE '!',
  '505' LIKE '50!%' ESCAPE '!',
  'abc' NOT LIKE 'z%',
  'a.c' LIKE 'a.c',
  'abc' LIKE 'a.c',
  CAST(NULL AS STRING) LIKE '%',
  'abc' SIMILAR TO '(a|x)b%',
  'abc' SIMILAR TO 'b',
  'aab' SIMILAR TO 'a{2}[a-c]',
  'abc' NOT SIMILAR TO '[0-9]+'
FROM t;
