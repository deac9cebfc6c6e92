CREATE TABLE t (a ARRAY<INT>, m MAP<STRING, INT>, r ARRAY<ROW<x INT, y STRING>>) WITH ('connector' = 'memory');
CREATE TABLE result (a1 INT, a4 INT, mx INT, mn INT, ry STRING, n INT, built ARRAY<INT>, mapped MAP<STRING, INT>) WITH ('connector' = 'memory');
INSERT INTO result SELECT a[1], a[4], m['x'], m['nothing'], r[2].y, CARDINALITY(a), ARRAY[a[3], 0], MAP['k', a[2]] FROM t;
