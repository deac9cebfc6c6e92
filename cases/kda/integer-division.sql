CREATE OR REPLACE STREAM "OUT" ("c1" DOUBLE, "c2" DOUBLE, "c3" DOUBLE, "c4" DOUBLE, "c5" DOUBLE, "c6" INTEGER, "c7" INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"
  SELECT STREAM
    s."i" / 2,
    -s."i" / 2,
    s."i" / 2.0,
    s."i" / 2e0,
    CAST(s."i" AS DOUBLE) / 2,
    s."i" * 2 + 1,
    - s."i" - 1
  FROM "SOURCE_SQL_STREAM_001" AS s;
