/**
 * Texts of Flink SQL for tests of the front end: every construct of the dialect at least once, and what it refuses.
 */

/** They parse without a diagnostic. */
export const flinkSamples: readonly string[] = [
  // Tables in all forms.
  `CREATE TABLE events (
     event_type INT,
     person ROW<id BIGINT, name VARCHAR, \`dateTime\` TIMESTAMP(3), tags ARRAY<STRING NOT NULL>, more MAP<STRING, ROW(a INT, b BYTES)>>,
     amounts DECIMAL(10, 2) ARRAY,
     bag MULTISET<INT>,
     taken INTERVAL DAY(3) TO SECOND(3),
     seen TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
     offset_at BIGINT NOT NULL METADATA,
     zoned TIMESTAMP(3) WITH LOCAL TIME ZONE,
     plain TIMESTAMP(3) WITHOUT TIME ZONE,
     at_day DATE COMMENT 'the day',
     big VARCHAR(2147483647),
     \`dateTime\` AS CASE WHEN event_type = 0 THEN person.\`dateTime\` ELSE plain END COMMENT 'event time',
     p AS PROCTIME(),
     WATERMARK FOR \`dateTime\` AS \`dateTime\` - INTERVAL '4' SECOND,
     CONSTRAINT pk PRIMARY KEY (event_type, at_day) NOT ENFORCED
   ) COMMENT 'all events' PARTITIONED BY (at_day) WITH ('connector' = 'memory', 'k''s' = 'v');
   CREATE TEMPORARY TABLE IF NOT EXISTS cat.db.t (id BIGINT PRIMARY KEY NOT ENFORCED NOT NULL, WATERMARK FOR a.b AS a.b);
   CREATE TABLE copy WITH ('connector' = 'print') LIKE events (INCLUDING ALL OVERWRITING OPTIONS EXCLUDING WATERMARKS);
   CREATE TABLE made WITH ('connector' = 'print') AS SELECT 1 AS a;
   CREATE TABLE two LIKE made`,
  `CREATE VIEW v AS SELECT *, PROCTIME() AS p FROM t; CREATE TEMPORARY VIEW IF NOT EXISTS w (a, b COMMENT 'c') COMMENT 'x' AS SELECT 1, 2;
   CREATE FUNCTION count_char AS 'com.example.CountChar'; CREATE TEMPORARY SYSTEM FUNCTION IF NOT EXISTS f AS 'g' LANGUAGE JAVA;
   DROP TABLE IF EXISTS t; DROP TEMPORARY VIEW v; DROP FUNCTION f;
   ALTER TABLE t SET ('a' = 'b', 'c' = 'd'); ALTER TABLE t RESET ('a'); ALTER TABLE t RENAME TO u;
   SHOW TABLES; SHOW VIEWS; SHOW FUNCTIONS; SHOW CREATE TABLE t; SHOW CREATE VIEW v; DESCRIBE t; DESC db.t; USE CATALOG c; USE db;
   SET 'table.exec.state.ttl' = '1 d'; SET; RESET; RESET 'table.exec.state.ttl';
   EXPLAIN SELECT 1; EXPLAIN PLAN FOR SELECT 1; EXPLAIN CHANGELOG_MODE, ESTIMATED_COST INSERT INTO s SELECT 1;
   EXPLAIN STATEMENT SET BEGIN INSERT INTO s SELECT 1; END`,
  // Inserts.
  `INSERT INTO cat.db.s (a, b) SELECT 1, 2; INSERT OVERWRITE s VALUES (1, 'x'), (2, NULL);
   INSERT INTO s /*+ OPTIONS('sink.parallelism' = '1') */ SELECT * FROM t; INSERT INTO s (SELECT a FROM t);
   EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO b SELECT 2; END;
   BEGIN STATEMENT SET; INSERT INTO a SELECT 1; INSERT INTO b WITH x AS (SELECT 2) SELECT * FROM x; END;
   EXECUTE INSERT INTO a SELECT 1`,
  // Queries.
  `WITH a AS (SELECT 1 AS x), b (y) AS (SELECT x FROM a) SELECT * FROM b ORDER BY y DESC NULLS LAST, 1 NULLS FIRST LIMIT 10 OFFSET 2;
   SELECT a FROM t UNION ALL SELECT b FROM u ORDER BY a LIMIT 3;
   (SELECT a FROM t ORDER BY a LIMIT 1) UNION (SELECT b FROM u FETCH FIRST 2 ROWS ONLY) INTERSECT SELECT c FROM v;
   (SELECT a FROM t ORDER BY a LIMIT 5) ORDER BY a; SELECT a FROM t OFFSET 3 ROWS FETCH NEXT ROW ONLY;
   (WITH x AS (SELECT 1) SELECT * FROM x) EXCEPT ALL VALUES (1), (2); VALUES 1, ROW(2, 3), (4), ROW(ROW(1, 2));
   SELECT DISTINCT t.*, \`a b\` AS \`day\`, \`ti\`\`ck\` FROM (VALUES (1, 2)) AS t (a, b) WHERE (a, b) IN (SELECT 1, 2) AND (a, b) NOT IN ((1, 2), (3, 4))
     AND EXISTS (SELECT 1 FROM u WHERE u.a = t.a) AND a = (SELECT MAX(x) FROM u)`,
  `SELECT a, b, c, GROUPING(a), GROUPING_ID(a, b), COUNT(*) FILTER (WHERE c > 0) AS n, COUNT(DISTINCT b) FILTER (WHERE a IS NOT NULL)
     FROM t GROUP BY GROUPING SETS ((a, b), (b), ()), c HAVING COUNT(*) > 1;
   SELECT 1 FROM t GROUP BY ROLLUP (a, (b, c)), CUBE (d, e); SELECT 1 FROM t GROUP BY (); SELECT 1 FROM t GROUP BY (a, b), c;
   SELECT 1 FROM t GROUP BY GROUPING SETS (ROLLUP (a, b), c, (a + b), CUBE (a))`,
  `SELECT *, ROW_NUMBER() OVER (PARTITION BY a ORDER BY price DESC, \`dateTime\` ASC) AS rn, SUM(x) OVER w, LAG(x, 1, 0) OVER w
     FROM t WINDOW w AS (PARTITION BY a ORDER BY ts RANGE BETWEEN INTERVAL '2' HOURS PRECEDING AND CURRENT ROW)`,
  `SELECT ((SELECT 1) UNION SELECT 2), ((SELECT 1)) + 2, ((SELECT 1), 2) FROM ((SELECT 1 LIMIT 2) UNION SELECT 2) AS u, ((SELECT 1) AS a JOIN b ON TRUE), ((SELECT 3)) AS c
     WHERE a IN ((SELECT 1) UNION ALL (SELECT 2)) AND b IN ((SELECT 1), 2)`,
  // Sources.
  `SELECT window_start FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(\`dateTime\`), INTERVAL '10' SECONDS, INTERVAL '1' SECOND)) GROUP BY window_start, window_end;
   SELECT * FROM HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL '2' MINUTES, INTERVAL '10' MINUTES) AS h;
   SELECT * FROM TABLE(SESSION(TABLE bid PARTITION BY bidder, channel, DESCRIPTOR(ts), INTERVAL '5' MINUTE));
   SELECT * FROM SESSION(DATA => TABLE bid PARTITION BY (bidder), TIMECOL => DESCRIPTOR(ts), GAP => INTERVAL '5' MINUTE, OFFSET => INTERVAL '1' MINUTE);
   SELECT * FROM TABLE(CUMULATE(TABLE (SELECT * FROM bid), DESCRIPTOR(ts), INTERVAL '2' HOUR, INTERVAL '1' DAY));
   SELECT * FROM f(TABLE t PARTITION BY k ORDER BY ts DESC, x => 1)`,
  `SELECT * FROM t /*+ OPTIONS('scan.startup.mode' = 'earliest', k='2') */ AS x, LATERAL TABLE(split(x.a, ',')) AS s (w);
   SELECT /*+ LOOKUP('table' = 'd', 'retry-predicate' = 'lookup_miss'), STATE_TTL('a' = '1d', 'd' = '2d') BROADCAST(d) */ *
     FROM a LEFT JOIN dims FOR SYSTEM_TIME AS OF a.p AS d ON a.k = d.k;
   SELECT * FROM a JOIN d /*+ OPTIONS('k' = 'v') */ FOR SYSTEM_TIME AS OF a.ts ON a.k = d.k LEFT OUTER JOIN LATERAL (SELECT 1) l ON TRUE;
   SELECT * FROM t CROSS JOIN UNNEST(t.items) WITH ORDINALITY AS i (x, n) LEFT JOIN UNNEST(MAP['a', 1]) AS m (k, v) ON TRUE;
   SELECT * FROM (a JOIN b USING (x, y)) NATURAL FULL JOIN c`,
  `SELECT m.a FROM bid MATCH_RECOGNIZE (
     PARTITION BY auction, bidder ORDER BY \`dateTime\`, price DESC
     MEASURES FIRST(A.price) AS first_price, LAST(B.price, 1) AS b, AVG(A.price) AS mean, MATCH_ROWTIME() AS t
     ONE ROW PER MATCH AFTER MATCH SKIP TO LAST B
     PATTERN (START_ROW A+ B* C? D{2} E{1,} F{,3}? G*? H) WITHIN INTERVAL '5' SECOND
     DEFINE A AS AVG(A.price) < 10 AND (LAST(A.price, 1) IS NULL OR A.price < LAST(A.price, 1)), B AS B.price > A.price) AS m;
   SELECT * FROM (SELECT * FROM t) AS s MATCH_RECOGNIZE (PATTERN (A) DEFINE A AS TRUE);
   SELECT * FROM t MATCH_RECOGNIZE (ORDER BY ts AFTER MATCH SKIP PAST LAST ROW PATTERN (A B))`,
  // Expressions.
  `SELECT ARRAY[1, 2][1], MAP['a', 1]['a'], ROW(1, 'x').f, (1, 2), t.r.f, f(x).y[2].z, (a).b, (a + b)[1], ARRAY[ARRAY[1]][1][1], arr[CARDINALITY(arr)] FROM t;
   SELECT TRY_CAST(a AS INT), CAST(a AS ROW<x INT NOT NULL, y ARRAY<MAP<STRING, INT>>>), CAST(b AS INTERVAL YEAR TO MONTH), CAST(ts AS TIMESTAMP(3) WITH LOCAL TIME ZONE) FROM t;
   SELECT TIMESTAMPADD(DAY, 1, ts), TIMESTAMPDIFF(SQL_TSI_SECOND, a, b), TIMESTAMPDIFF(MONTHS, a, b), EXTRACT(EPOCH FROM ts), EXTRACT(DOW FROM ts), FLOOR(ts TO DAY), CEIL(1.5) FROM t;
   SELECT LEFT(s, 1), RIGHT(s, 1), YEAR(ts), MONTH(ts), HOUR(ts), TRUNCATE(1.5, 0), IF(a, b, c), MAP_KEYS(m), REPLACE(a, b, c), DATE_FORMAT(ts, 'HH:mm'), MOD(a, 2), POSITION('a' IN b), CURRENT_TIMESTAMP, LOCALTIMESTAMP, CURRENT_WATERMARK(ts), ROW_NUMBER() OVER (ORDER BY x) FROM t`,
  `SELECT JSON_EXISTS(j, '$.a'), JSON_EXISTS(j, '$.a' ERROR ON ERROR), JSON_VALUE(j, 'lax $.a' RETURNING INT NULL ON EMPTY DEFAULT 1 + 2 ON ERROR),
     JSON_VALUE(j, '$'), JSON_QUERY(j, '$.a' RETURNING ARRAY<STRING> WITH CONDITIONAL ARRAY WRAPPER EMPTY ARRAY ON EMPTY EMPTY OBJECT ON ERROR),
     JSON_QUERY(j, '$' WITH WRAPPER), JSON_QUERY(j, '$' WITHOUT ARRAY WRAPPER ERROR ON ERROR), JSON_OBJECT(), JSON_OBJECT('a' VALUE 1, KEY 'b' VALUE x ABSENT ON NULL),
     JSON_OBJECT(key VALUE 1), JSON_OBJECT('a' : JSON_ARRAY(1, 'x' NULL ON NULL)), JSON_ARRAY(), JSON_ARRAY(NULL ON NULL), JSON_OBJECTAGG(KEY k VALUE v NULL ON NULL) FILTER (WHERE k > 1),
     JSON_ARRAYAGG(v ABSENT ON NULL), JSON_STRING(x), a IS JSON, b IS NOT JSON OBJECT, c IS JSON SCALAR FROM t`,
  `SELECT (a, b) OVERLAPS (c, d), (a, b) OVERLAPS c AND TRUE, U&'d!0061t!+000061' UESCAPE '!', U&'\\00e9', X'0aff', INTERVAL '3 4' DAY TO HOUR, INTERVAL '1' WEEK,
     a IS NOT DISTINCT FROM b, a NOT LIKE 'x' ESCAPE '!', a SIMILAR TO 'b', a BETWEEN SYMMETRIC 1 AND 2, -a[1], NOT a.b, TRIM(LEADING 'x' FROM s), SUBSTRING(s FROM 1 FOR 2), OVERLAY(s PLACING t FROM 1) FROM t`,
  // Words that are no reserved words here.
  `SELECT A.dateTime, key, value, state, name, final, url, channel, extra, price, result, method, language, count, id FROM auction A, bid B;
   SELECT a AS asc_order, t.first, t.last, t.period, t.\`timestamp\`, t.one FROM t`,
]

/** The text, the place of the fault, a part of the message. */
export const flinkRefused: readonly (readonly [text: string, at: string, says: string])[] = [
  ['CREATE STREAM s (a INT)', 'STREAM', 'CREATE STREAM is not part of Flink SQL'],
  ['CREATE PUMP p AS INSERT INTO s SELECT 1', 'PUMP', 'CREATE PUMP is not part of Flink SQL'],
  ['SELECT STREAM a FROM t', 'STREAM', 'SELECT STREAM is not part of Flink SQL'],
  ["SELECT a FROM t WINDOWED BY STAGGER (RANGE INTERVAL '1' MINUTE)", 'WINDOWED', 'is not part of Flink SQL'],
  ['SELECT * FROM TABLE(f(CURSOR(SELECT 1)))', 'CURSOR', 'CURSOR(...) is not part of Flink SQL'],
  [
    "SELECT * FROM a OVER (RANGE INTERVAL '1' MINUTE PRECEDING) JOIN b ON TRUE",
    'OVER',
    'not part of Flink SQL',
  ],
  ["SELECT STEP(ts BY INTERVAL '1' MINUTE) FROM t", 'STEP', 'Use a window function'],
  ["SELECT SUBSTRING(a SIMILAR 'x' ESCAPE '#') FROM t", 'SIMILAR', 'Use REGEXP_EXTRACT'],
  ['INSERT EXPEDITED INTO s SELECT 1', 'EXPEDITED', 'not part of Flink SQL'],
  ['CREATE FUNCTION f (x INT) RETURNS INT RETURN x', '(', "CREATE FUNCTION f AS 'id'"],
  ['ALTER PUMP p STOP', 'PUMP', 'not part of Flink SQL'],
  ['DROP STREAM s', 'STREAM', 'Write DROP TABLE'],
  ['CREAT TABLE t (a INT)', 'CREAT', 'Did you mean CREATE?'],
  ['CREATE TABLE t (a INT PRIMARY KEY)', 'KEY', 'Write NOT ENFORCED'],
  ['CREATE TABLE t (a INT, UNIQUE (a))', 'UNIQUE', 'PRIMARY KEY (...) NOT ENFORCED'],
  [
    'CREATE TABLE t (a INT, WATERMARK FOR a AS a, WATERMARK FOR a AS a)',
    'WATERMARK',
    'at most one WATERMARK',
  ],
  ['CREATE OR REPLACE TABLE t (a INT)', 'TABLE', 'DROP TABLE IF EXISTS'],
  ['CREATE TABLE t', '', '"(", LIKE, AS'],
  ["CREATE TABLE t (a INT) WITH (connector = 'x')", 'connector', "'connector' = 'kafka'"],
  ['CREATE CATALOG c', 'CATALOG', 'one catalog'],
  ['ALTER TABLE t ADD (a INT)', 'ADD', 'DROP TABLE and CREATE TABLE'],
  ["INSERT INTO t PARTITION (a = '1') SELECT 1", 'PARTITION', 'partition columns'],
  ['DELETE FROM t', 'DELETE', 'INSERT INTO ... SELECT'],
  ['EXECUTE STATEMENT SET BEGIN END', 'END', 'needs an INSERT'],
  ['EXECUTE STATEMENT SET BEGIN SELECT 1; END', 'SELECT', 'one of INSERT, END'],
  ['SELECT timestamp FROM t', 'timestamp', 'write `timestamp`'],
  ['SELECT "a" FROM t', '"', 'Write ` around names'],
  ['SELECT a FROM t /*+ OPTIONS(', '/*+', 'hint is not closed'],
  ['SELECT MAP[1, 2, 3] FROM t', 'MAP[1, 2, 3]', 'a value for each key'],
  ['SELECT TIMESTAMPADD(FORTNIGHT, 1, ts) FROM t', 'FORTNIGHT', 'a unit of time'],
  ["SELECT JSON_EXISTS(j, '$' NULL ON ERROR) FROM t", 'NULL', 'TRUE, FALSE, UNKNOWN, ERROR'],
  ['SELECT * FROM t MATCH_RECOGNIZE (PATTERN (A | B) DEFINE A AS TRUE)', '|', 'alternation'],
  ['SELECT * FROM t MATCH_RECOGNIZE (PATTERN ({- A -} B) DEFINE A AS TRUE)', '{', 'exclusion'],
  ['SELECT * FROM t MATCH_RECOGNIZE (PATTERN (A (B C)+) DEFINE A AS TRUE)', '(', 'a group in PATTERN'],
  ['SELECT * FROM t MATCH_RECOGNIZE (PATTERN (PERMUTE(A, B)) DEFINE A AS TRUE)', 'PERMUTE', 'PERMUTE'],
  ['SELECT * FROM t MATCH_RECOGNIZE (PATTERN (A??) DEFINE A AS TRUE)', '?', '??'],
  [
    'SELECT * FROM t MATCH_RECOGNIZE (PATTERN (A{3,2}) DEFINE A AS TRUE)',
    '{3,2}',
    'at least 1 and the first',
  ],
  ['SELECT * FROM t MATCH_RECOGNIZE (PATTERN () DEFINE A AS TRUE)', ')', 'needs a variable'],
  ['SELECT * FROM t MATCH_RECOGNIZE (ALL ROWS PER MATCH PATTERN (A))', 'ALL', 'ONE ROW PER MATCH'],
  ['SELECT 1 FROM t GROUP BY CUBE (a, b, c, d, e, f, g, h, i)', 'CUBE', 'at most 8 keys'],
  ['SELECT 1 FROM t GROUP BY CUBE (a, b, c, d), CUBE (e, f, g, h), CUBE (i)', 'CUBE', '256 grouping sets'],
]

/** What KDA SQL refuses because only the other dialect has it. */
export const kdaRefused: readonly (readonly [text: string, at: string, says: string])[] = [
  ['CREATE TABLE t (a INT)', 'CREATE', 'CREATE TABLE is not part of KDA SQL. Write CREATE STREAM'],
  ['EXECUTE STATEMENT SET BEGIN END', 'EXECUTE', 'is not part of KDA SQL'],
  ["SET 'a' = 'b'", 'SET', 'is not part of KDA SQL'],
  ['SHOW TABLES', 'SHOW', 'is not part of KDA SQL'],
  ['WITH a AS (SELECT 1) SELECT * FROM a', 'WITH', 'WITH is not part of KDA SQL. Write CREATE VIEW'],
  ['SELECT STREAM a FROM t FOR SYSTEM_TIME AS OF t.x', 'FOR', 'FOR SYSTEM_TIME AS OF is not part of KDA SQL'],
  ['SELECT STREAM a FROM UNNEST(x)', 'UNNEST', 'UNNEST is not part of KDA SQL'],
  ['SELECT STREAM a FROM t, LATERAL TABLE(f(x))', 'LATERAL', 'LATERAL is not part of KDA SQL'],
  ['SELECT STREAM a[1] FROM t', '[', 'x[i] is not part of KDA SQL'],
  ['SELECT STREAM TRY_CAST(a AS INT) FROM t', 'TRY_CAST', 'TRY_CAST is not part of KDA SQL'],
  ['SELECT STREAM a IS JSON FROM t', 'JSON', 'IS JSON is not part of KDA SQL'],
  ['SELECT STREAM f(a => 1) FROM t', '=>', 'name => value'],
  ['SELECT STREAM a FROM t ORDER BY a NULLS LAST', 'NULLS', 'is not part of KDA SQL'],
  ['SELECT STREAM a FROM t LIMIT 1', 'LIMIT', 'LIMIT is not part of KDA SQL'],
  ['SELECT STREAM a FROM t WHERE (a, b) = (c, d)', ',', 'row values (a, b) are not part of KDA SQL'],
]
