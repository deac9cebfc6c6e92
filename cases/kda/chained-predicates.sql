CREATE OR REPLACE STREAM "OUT" ("c1" BOOLEAN, "c2" BOOLEAN, "c3" BOOLEAN, "c4" BOOLEAN, "c5" BOOLEAN);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"
  SELECT STREAM
    (s."a", s."b") IMMEDIATELY PRECEDES (s."b", s."c") IMMEDIATELY PRECEDES (s."c", s."d"),
    (s."a", s."b") IMMEDIATELY PRECEDES (s."b", s."c") IMMEDIATELY PRECEDES (s."d", s."d"),
    (s."a", s."b") PRECEDES (s."b", s."c") AND (s."b", s."c") PRECEDES (s."c", s."d"),
    PERIOD (s."a", s."d") CONTAINS PERIOD (s."b", s."c"),
    (s."a", s."b") OVERLAPS (CAST(NULL AS TIMESTAMP), s."d")
  FROM "SOURCE_SQL_STREAM_001" AS s;
