CREATE TABLE p (id INT, team STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'memory', 'changelog-mode' = 'upsert');
CREATE TABLE g (id INT, points INT) WITH ('connector' = 'memory');
CREATE TABLE `out` (team STRING, id INT, total INT, rn BIGINT) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT team, id, total, rn FROM (
  SELECT team, id, total, ROW_NUMBER() OVER (PARTITION BY team ORDER BY total DESC) AS rn FROM (
    SELECT p.team, p.id, t.total FROM p JOIN (SELECT id, SUM(points) AS total FROM g GROUP BY id) AS t ON p.id = t.id)
) WHERE rn <= 1;
