CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'memory');
CREATE TABLE strict_ (k STRING, v INT NOT NULL) WITH ('connector' = 'memory');
CREATE TABLE keyed (k STRING, v INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'memory');
EXECUTE STATEMENT SET BEGIN
INSERT INTO strict_ SELECT k, v FROM t;
INSERT INTO keyed (v, k) SELECT v, k FROM t;
END;
