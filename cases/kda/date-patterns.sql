CREATE OR REPLACE STREAM "OUT" ("c1" VARCHAR(64), "c2" VARCHAR(64), "c3" VARCHAR(64), "c4" VARCHAR(64), "c5" VARCHAR(64), "c6" VARCHAR(64), "c7" VARCHAR(64), "c8" VARCHAR(64));
CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"
  SELECT STREAM
    TIMESTAMP_TO_CHAR('yyyy.MM.dd G ''at'' HH:mm:ss z', s."t"),
    TIMESTAMP_TO_CHAR('h:mm a', s."t"),
    TIMESTAMP_TO_CHAR('K:mm a, z', s."t"),
    TIMESTAMP_TO_CHAR('yyyyy.MMMMM.dd GGG hh:mm aaa', s."t"),
    TIMESTAMP_TO_CHAR('EEE, d MMM yyyy HH:mm:ss Z', s."t"),
    TIMESTAMP_TO_CHAR('yyMMddHHmmssZ', s."t"),
    TIMESTAMP_TO_CHAR('yyyy-MM-dd''T''HH:mm:ss.SSSXXX', s."t"),
    TIMESTAMP_TO_CHAR('w D u F k', s."t")
  FROM "SOURCE_SQL_STREAM_001" AS s;
