CREATE TABLE a (id INT, k INT) WITH ('connector' = 'memory');
CREATE TABLE d (name STRING, k INT, label AS UPPER(name)) WITH ('connector' = 'memory', 'lookup' = 'true');
CREATE TABLE `out` (id INT, label STRING) WITH ('connector' = 'memory');
CREATE TABLE `out2` (id INT) WITH ('connector' = 'memory');
EXECUTE STATEMENT SET BEGIN
INSERT INTO `out` SELECT a.id, d.label FROM a JOIN d ON a.k = d.k;
INSERT INTO `out2` SELECT id FROM a WHERE k IN (SELECT k FROM d);
END;
