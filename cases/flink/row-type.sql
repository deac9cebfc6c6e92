CREATE TABLE t (id INT, who ROW<name STRING, address ROW<city STRING, zip INT>>) WITH ('connector' = 'memory');
CREATE TABLE result (id INT, name STRING, city STRING, built ROW<zip INT, name STRING>) WITH ('connector' = 'memory');
INSERT INTO result SELECT id, who.name, t.who.address.city, ROW(who.address.zip, who.name) FROM t;
