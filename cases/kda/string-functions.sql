CREATE OR REPLACE STREAM "OUT" ("c1" VARCHAR(64), "c2" INTEGER, "c3" INTEGER, "c4" VARCHAR(64), "c5" VARCHAR(64), "c6" VARCHAR(64), "c7" VARCHAR(64), "c8" VARCHAR(64), "c9" VARCHAR(64), "c10" INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"
  SELECT STREAM
    s."t" || '-' || s."t",
    CHAR_LENGTH(s."t"),
    CHARACTER_LENGTH(s."t"),
    UPPER(s."t"),
    LOWER(s."t"),
    INITCAP(s."t"),
    INITCAP('ONE two-three'),
    'it''s',
    U&'a\0062c',
    CHAR_LENGTH('')
  FROM "SOURCE_SQL_STREAM_001" AS s;
