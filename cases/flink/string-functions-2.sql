CREATE TABLE t (one INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING, c2 STRING, c3 STRING, c4 STRING, c5 STRING, c6 STRING, c7 STRING, c8 STRING, c9 BOOLEAN, c10 BOOLEAN, c11 STRING, c12 STRING, c13 STRING, c14 STRING, c15 STRING, c16 INT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  TO_BASE64('hello world'),
  FROM_BASE64('aGVsbG8gd29ybGQ='),
  PARSE_URL('http://facebook.com/path1/p.php?k1=v1&k2=v2#Ref1', 'HOST'),
  PARSE_URL('http://facebook.com/path1/p.php?k1=v1&k2=v2#Ref1', 'QUERY', 'k2'),
  PARSE_URL('http://facebook.com/path1/p.php?k1=v1&k2=v2#Ref1', 'PATH'),
  STR_TO_MAP('k1=v1,k2=v2')['k2'],
  STR_TO_MAP('a:1;b:2', ';', ':')['a'],
  DECODE(ENCODE('hé', 'UTF-8'), 'UTF-8'),
  STARTSWITH('abc', 'ab'),
  ENDSWITH('abc', 'ab'),
  ELT(2, 'a', 'b'),
  ELT(3, 'a', 'b'),
  TRANSLATE('abcb', 'bc', 'x'),
  PRINTF('%s has %d', 'x', 3),
  SPLIT('a,b,,c', ',')[4],
  CARDINALITY(SPLIT('a,b,,c', ','))
FROM t;
