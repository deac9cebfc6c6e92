CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'memory');
CREATE TABLE small (k STRING, v INT) WITH ('connector' = 'memory');
CREATE TABLE counts (k STRING, n BIGINT) WITH ('connector' = 'memory');
EXECUTE STATEMENT SET
BEGIN
  INSERT INTO small SELECT k, v FROM t WHERE v < 10;
  INSERT INTO counts SELECT k, COUNT(*) FROM t GROUP BY k;
END;
