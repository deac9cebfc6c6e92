CREATE OR REPLACE STREAM "OUT" ("c1" INTEGER, "c2" DOUBLE, "c3" DOUBLE, "c4" DOUBLE, "c5" DOUBLE, "c6" DOUBLE, "c7" DOUBLE, "c8" DOUBLE, "c9" INTEGER, "c10" INTEGER, "c11" DOUBLE, "c12" DOUBLE, "c13" DECIMAL(5,0), "c14" DECIMAL(5,0));
CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"
  SELECT STREAM
    ABS(s."i"),
    ABS(s."d"),
    CEIL(s."d"),
    CEILING(s."d"),
    FLOOR(s."d"),
    EXP(0),
    LN(EXP(2)),
    LOG10(1000),
    MOD(17, 5),
    MOD(s."i", 3),
    POWER(2, 10),
    POWER(4, 0.5),
    FLOOR(s."m"),
    CEIL(s."m")
  FROM "SOURCE_SQL_STREAM_001" AS s;
