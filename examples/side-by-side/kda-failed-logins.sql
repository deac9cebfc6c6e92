-- The third failed login of a user within a minute, in KDA SQL: one answer as each row arrives.
CREATE OR REPLACE STREAM "ALERTS" ("user_name" VARCHAR(32), "failures" INTEGER);

CREATE OR REPLACE PUMP "ALERTS_PUMP" AS INSERT INTO "ALERTS" ("user_name", "failures")
SELECT STREAM "user_name", "failures" FROM (
  SELECT STREAM "user_name",
    COUNT(*) OVER (PARTITION BY "user_name" RANGE INTERVAL '1' MINUTE PRECEDING) AS "failures"
  FROM "SOURCE_SQL_STREAM_001"
  WHERE "succeeded" = FALSE
) WHERE "failures" = 3;
