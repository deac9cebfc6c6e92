CREATE TABLE t (ts TIMESTAMP(3)) WITH ('connector' = 'memory');
CREATE TABLE `out` (c1 STRING, c2 STRING, c3 STRING, c4 STRING, c5 STRING, c6 STRING) WITH ('connector' = 'memory');
INSERT INTO `out` SELECT
  DATE_FORMAT(ts, 'yyyy-MM-dd'),
  DATE_FORMAT(ts, 'HH:mm'),
  DATE_FORMAT(ts, 'yyyy-MM-dd HH:mm:ss.SSS'),
  DATE_FORMAT(ts, 'yy/M/d hh a'),
  DATE_FORMAT(ts, 'yyyyMMdd''T''HHmm'),
  DATE_FORMAT('2026-02-03 16:05:06', 'dd.MM.')
FROM t;
