CREATE OR REPLACE STREAM "OUT" ("c1" BOOLEAN, "c2" BOOLEAN, "c3" BOOLEAN, "c4" BOOLEAN, "c5" BOOLEAN, "c6" BOOLEAN, "c7" BOOLEAN, "c8" BOOLEAN, "c9" BOOLEAN, "c10" BOOLEAN, "c11" BOOLEAN);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"
  SELECT STREAM
    (s."a", s."c") LEADS (s."b", s."d"),
    (s."a", s."c") STRICTLY LEADS (s."b", s."d"),
    (s."b", s."d") LAGS (s."a", s."c"),
    (s."b", s."d") STRICTLY LAGS (s."a", s."c"),
    (s."a", s."b") STRICTLY PRECEDES (s."c", s."d"),
    (s."a", s."b") STRICTLY PRECEDES (s."b", s."d"),
    (s."c", s."d") STRICTLY SUCCEEDS (s."a", s."b"),
    (s."a", s."d") STRICTLY CONTAINS (s."b", s."c"),
    (s."a", s."d") STRICTLY CONTAINS (s."a", s."c"),
    NOT (s."a", s."b") OVERLAPS (s."b", s."c"),
    (s."a", s."b") IMMEDIATELY PRECEDES (s."b", s."c") IMMEDIATELY PRECEDES (s."c", s."d")
  FROM "SOURCE_SQL_STREAM_001" AS s;
