-- Clicks on each promotion within a minute of its first click. Clicks do not come at even times, so the minute begins with a click
-- and not with the clock: a burst is counted once, whole.
CREATE OR REPLACE STREAM "CLICK_COUNTS" (
  "Promotion"  VARCHAR(16),
  "ClickCount" INTEGER,
  "FirstClick" TIMESTAMP
);

CREATE OR REPLACE PUMP "COUNT_CLICKS" AS INSERT INTO "CLICK_COUNTS"
SELECT STREAM s."Event", COUNT(*), MIN(s."ClickedAt")
FROM "SOURCE_SQL_STREAM_001" AS s
WHERE s."EventType" = 'Promotion'
WINDOWED BY STAGGER (PARTITION BY s."Event" RANGE INTERVAL '1' MINUTE);
