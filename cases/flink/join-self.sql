CREATE TABLE e (id INT, boss INT, name STRING) WITH ('connector' = 'memory');
CREATE TABLE `out` (name STRING, boss STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT x.name, y.name FROM e x JOIN e y ON x.boss = y.id;
