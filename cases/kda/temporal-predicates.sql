CREATE OR REPLACE STREAM "OUT" ("p0" BOOLEAN, "p1" BOOLEAN, "p2" BOOLEAN, "p3" BOOLEAN, "p4" BOOLEAN, "p5" BOOLEAN, "p6" BOOLEAN);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"
  SELECT STREAM
    (s."a", s."b") CONTAINS (s."c", s."d"),
    (s."a", s."b") OVERLAPS (s."c", s."d"),
    (s."a", s."b") EQUALS (s."c", s."d"),
    (s."a", s."b") PRECEDES (s."c", s."d"),
    (s."a", s."b") SUCCEEDS (s."c", s."d"),
    (s."a", s."b") IMMEDIATELY PRECEDES (s."c", s."d"),
    (s."a", s."b") IMMEDIATELY SUCCEEDS (s."c", s."d")
  FROM "SOURCE_SQL_STREAM_001" AS s;
