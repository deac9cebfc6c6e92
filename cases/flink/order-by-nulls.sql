CREATE TABLE t (id INT, n INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (id INT, n INT) WITH ('connector' = 'memory');
CREATE TABLE `out2` (id INT, n INT) WITH ('connector' = 'memory');
EXECUTE STATEMENT SET BEGIN
INSERT INTO `out` SELECT id, n FROM t ORDER BY n ASC LIMIT 1;
INSERT INTO `out2` SELECT id, n FROM t ORDER BY n ASC NULLS LAST LIMIT 1;
END;
