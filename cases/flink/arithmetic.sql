CREATE TABLE t (a INT, b INT, d DOUBLE) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 INT, c2 INT, c3 INT, c4 INT, c5 INT, c6 INT, c7 INT, c8 INT, c9 DOUBLE, c10 DOUBLE, c11 DOUBLE, c12 DOUBLE, c13 DOUBLE, c14 DOUBLE, c15 DOUBLE, c16 DOUBLE, c17 DOUBLE, c18 DOUBLE, c19 DOUBLE, c20 STRING, c21 STRING, c22 STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  a + b,
  a - b,
  a * b,
  a % b,
  MOD(-a, b),
  -a,
  ABS(b),
  SIGN(b),
  POWER(2, 10),
  SQRT(d),
  LOG10(1000),
  LOG2(8),
  LOG(3, 81),
  LN(E()),
  EXP(0),
  PI(),
  SIN(0),
  CEIL(d),
  FLOOR(-d),
  BIN(4),
  HEX(255),
  HEX('abc')
FROM t;
