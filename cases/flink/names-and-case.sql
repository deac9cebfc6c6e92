create table t (foo STRING, Foo STRING, `a b` INT, `x``y` INT, `select` INT) WITH ('connector' = 'memory');
CREATE TABLE T (foo STRING) WITH ('connector' = 'memory');
CREATE TABLE Result (foo STRING, Foo STRING, f STRING, s INT) WITH ('connector' = 'memory');
Insert Into Result Select foo, t.Foo, upPer(Foo), `a b` + `x``y` + `select` From t Where foo <> 'T';
