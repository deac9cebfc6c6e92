CREATE OR REPLACE STREAM "OUT" ("c1" VARCHAR(64), "c2" VARCHAR(64), "c3" VARCHAR(64), "c4" VARCHAR(64), "c5" VARCHAR(64), "c6" VARCHAR(64), "c7" VARCHAR(64));
CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"
  SELECT STREAM
    REGEX_REPLACE(s."t", 'e', 'X', 1, 0),
    REGEX_REPLACE(s."t", 'e', 'X', 1, 1),
    REGEX_REPLACE(s."t", 'e', 'X', 3, 1),
    REGEX_REPLACE(s."t", 'e', 'X', 1, 2),
    REGEX_REPLACE(s."t", 'e', 'X', 1, 9),
    REGEX_REPLACE(s."t", 'e', 'X', 99, 0),
    REGEX_REPLACE(s."t", '[aeiou]+', '', 1, 0)
  FROM "SOURCE_SQL_STREAM_001" AS s;
