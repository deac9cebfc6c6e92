CREATE TABLE t (m MAP<STRING, INT>) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 INT, c2 INT, c3 INT, c4 ARRAY<STRING>, c5 ARRAY<INT>, c6 INT, c7 INT, c8 INT, c9 MAP<STRING, INT>) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  m['a'],
  m['z'],
  CARDINALITY(m),
  ARRAY_SORT(MAP_KEYS(m)),
  ARRAY_SORT(MAP_VALUES(m)),
  CARDINALITY(MAP_ENTRIES(m)),
  MAP_FROM_ARRAYS(ARRAY['x', 'y'], ARRAY[5, 6])['y'],
  MAP_UNION(m, MAP['b', 9, 'c', 3])['b'],
  MAP['k', 1, 'l', 2]
FROM t;
