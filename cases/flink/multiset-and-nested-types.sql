CREATE TABLE t (s STRING, r ARRAY<ROW<a INT, b STRING>>) WITH ('connector' = 'memory');
CREATE TABLE bag (m MULTISET<STRING>) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE result (r ARRAY<ROW<a INT, b STRING>>) WITH ('connector' = 'memory');
EXECUTE STATEMENT SET BEGIN
INSERT INTO bag SELECT COLLECT(s) FROM t;
INSERT INTO result SELECT r FROM t WHERE CARDINALITY(r) > 0;
END;
