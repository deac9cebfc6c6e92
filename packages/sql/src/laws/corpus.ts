/**
 * Programs of our own that tests parse, print and bind: every statement and clause of the grammar at least once. The
 * streams that they read are declared in `corpusInputs`.
 */
import type { Field, Schema, SqlType } from '@millrace/values'

const text = (length: number): SqlType => ({ kind: 'VARCHAR', length })
const column = (name: string, type: SqlType, nullable = true): Field => ({ name, type, nullable })

export const corpusInputs: readonly { name: string; schema: Schema }[] = [
  {
    name: 'SOURCE_SQL_STREAM_001',
    schema: {
      fields: [
        column('orderId', { kind: 'INTEGER' }),
        column('itemId', { kind: 'INTEGER' }),
        column('amount', { kind: 'DECIMAL', precision: 9, scale: 2 }),
        column('status', text(8)),
        column('placedAt', { kind: 'TIMESTAMP' }),
        column('kind', text(16)),
      ],
    },
  },
  {
    name: 'TRADES',
    schema: {
      fields: [
        column('TICKER', text(4)),
        column('PRICE', { kind: 'DOUBLE' }),
        column('SHARES', { kind: 'INTEGER' }),
        column('TRADED', { kind: 'TIMESTAMP' }),
        column('BUY', { kind: 'BOOLEAN' }),
      ],
    },
  },
]

export const corpusReferences: readonly { name: string; schema: Schema }[] = [
  {
    name: 'products',
    schema: { fields: [column('productId', { kind: 'BIGINT' }), column('productName', text(32))] },
  },
]

/** The order pipeline: two kinds of records in one stream, a reference table, a join of half an hour. */
export const orderProgram = `
-- what one order is
CREATE OR REPLACE STREAM "ORDERS" (
  "orderId" INTEGER, "total" DECIMAL(9, 2), "status" VARCHAR(8), "placedAt" TIMESTAMP, "kind" VARCHAR(16));
CREATE OR REPLACE STREAM "ITEMS" ("orderId" INTEGER, "itemId" INTEGER, "amount" DECIMAL(9,2),
  "kind" VARCHAR(16), "unused" TIMESTAMP, "productName"VARCHAR(32));
CREATE OR REPLACE STREAM "ENRICHED" ("event_ts" TIMESTAMP, "orderId" INTEGER, "total" DECIMAL(9,2),
  "itemId" INTEGER, "productName" VARCHAR(32));

CREATE OR REPLACE PUMP "ORDER_PUMP" AS
INSERT INTO "ORDERS" ("orderId", "total", "status", "placedAt", "kind")
SELECT STREAM "orderId", "amount", "status", "placedAt", "kind"
FROM "SOURCE_SQL_STREAM_001" where "kind" = 'order';

CREATE OR REPLACE PUMP "ITEM_PUMP" AS
INSERT INTO "ITEMS" ("orderId", "itemId", "amount", "kind", "productName")
SELECT STREAM s."orderId", s."itemId", s."amount", s."kind", p."productName"
FROM "SOURCE_SQL_STREAM_001" AS s LEFT JOIN "products" AS p ON s."itemId" = p."productId"
where s."kind" = 'item';

CREATE OR REPLACE PUMP "ENRICHED_PUMP" AS
INSERT INTO "ENRICHED" ("event_ts", "orderId", "total", "itemId", "productName")
SELECT STREAM ROWTIME, o."orderId", o."total", i."itemId", i."productName"
FROM ITEMS OVER (RANGE INTERVAL '30' MINUTE PRECEDING) AS i
JOIN ORDERS OVER (RANGE INTERVAL '30' MINUTE PRECEDING) AS o ON i."orderId" = o."orderId";
`

/** Programs that bind. */
export const corpus: readonly string[] = [
  orderProgram,
  `CREATE STREAM OUT1 (TICKER VARCHAR(4) NOT NULL, N INTEGER, HIGH DOUBLE) DESCRIPTION 'counts of a minute';
   CREATE PUMP P1 STARTED DESCRIPTION 'it''s busy' AS INSERT INTO OUT1
   SELECT STREAM ticker, COUNT(*), MAX(price) FROM trades
   GROUP BY ticker, FLOOR(trades.ROWTIME TO MINUTE) HAVING COUNT(*) > 1;`,
  `CREATE STREAM OUT1 (T TIMESTAMP, TICKER VARCHAR(4), A DOUBLE, B BIGINT, C DOUBLE);
   CREATE PUMP P1 STOPPED AS INSERT INTO OUT1
   SELECT STREAM ROWTIME, TICKER, AVG(PRICE) OVER W, SUM(SHARES) OVER (PARTITION BY TICKER ROWS 5 PRECEDING),
     LAG(PRICE, 2, 0.5) IGNORE NULLS OVER (W)
   FROM TRADES WINDOW W AS (PARTITION BY TICKER RANGE INTERVAL '1:30' HOUR TO MINUTE PRECEDING);
   ALTER PUMP P1 START;`,
  `SELECT STREAM * FROM TRADES WHERE PRICE BETWEEN 1 AND 2.5e1 AND TICKER IN ('A', 'B') OR NOT BUY IS NOT TRUE;
   SELECT STREAM t.*, 7 AS "seven" FROM TRADES AS t WHERE t.TICKER LIKE 'A#_%' ESCAPE '#' AND TICKER NOT SIMILAR TO '[AB]+';`,
  `SELECT STREAM CASE TICKER WHEN 'A' THEN 1 WHEN 'B' THEN 2 END, CASE WHEN BUY THEN 'b' ELSE 'sell' END,
     CAST(PRICE AS DECIMAL(9, 2)), -SHARES * 2 % 3 + 1 - - 4, TICKER || 'x' || U&'\\00e9',
     SUBSTRING(TICKER FROM 2 FOR 1), SUBSTRING(TICKER, 2), SUBSTRING(TICKER SIMILAR 'a#"b#"c' ESCAPE '#'),
     TRIM(LEADING 'A' FROM TICKER), TRIM(TICKER), POSITION('A' IN TICKER), OVERLAY(TICKER PLACING 'zz' FROM 1 FOR 2),
     EXTRACT(HOUR FROM TRADED), FLOOR(TRADED TO DAY), CEIL(PRICE), STEP(TRADED BY INTERVAL '10' SECOND), STEP(SHARES BY 10),
     (TRADED - TIMESTAMP '2024-01-31 00:00:00') DAY TO SECOND, TRADED + INTERVAL '3 4' DAY TO HOUR, DATE '2024-02-29',
     CURRENT_TIMESTAMP, COALESCE(TICKER, '?'), NULLIF(SHARES, 0), UPPER(TICKER), CHAR_LENGTH(TICKER),
     X'00ff', TIME '23:59:59', TRUE, TICKER IS NOT DISTINCT FROM 'A', SHARES <> 3
   FROM TRADES;`,
  `SELECT STREAM a.TICKER, b.PRICE FROM TRADES OVER (ROWS 10 PRECEDING) AS a LEFT JOIN TRADES AS b
     ON a.TICKER = b.TICKER AND a.PRICE < b.PRICE;
   SELECT STREAM TICKER, a.ROWTIME AS "first" FROM TRADES OVER w AS a FULL OUTER JOIN TRADES OVER w AS b USING (TICKER)
     WINDOW w AS (RANGE INTERVAL '90' SECOND PRECEDING);
   SELECT STREAM COUNT(*) OVER (ROWS CURRENT ROW) FROM TRADES OVER (RANGE INTERVAL '1' SECOND PRECEDING) AS a, TRADES AS b;`,
  `SELECT STREAM x.N, x."m" FROM (SELECT STREAM SHARES + 1 AS N, FLOOR(ROWTIME TO HOUR) AS "m" FROM TRADES) AS x WHERE N > 3;
   SELECT STREAM TICKER, SHARES FROM TRADES UNION ALL SELECT STREAM 'none', 0 FROM TRADES UNION ALL SELECT STREAM NULL, 1 FROM TRADES;`,
  `CREATE VIEW BUYS (T, P) AS SELECT STREAM TICKER, PRICE FROM TRADES WHERE BUY;
   CREATE OR REPLACE FUNCTION HALF (X DOUBLE) RETURNS DOUBLE LANGUAGE SQL DETERMINISTIC CONTAINS SQL
     RETURNS NULL ON NULL INPUT RETURN X / 2;
   SELECT STREAM T, HALF(P) FROM BUYS; DROP VIEW BUYS; DROP FUNCTION HALF;`,
  `CREATE STREAM E (TICKER VARCHAR(4), PRICE DOUBLE);
   CREATE PUMP EP AS INSERT EXPEDITED INTO E SELECT STREAM TRADED AS ROWTIME, TICKER, PRICE FROM TRADES;
   CREATE STREAM SUMS (T TIMESTAMP, P DOUBLE, N INTEGER); // totals
   CREATE PUMP SP AS INSERT INTO SUMS (T, P) SELECT STREAM STEP(E.ROWTIME BY INTERVAL '10' SECOND), SUM(PRICE) FROM E
     GROUP BY STEP(E.ROWTIME BY INTERVAL '10' SECOND) /* nothing else */;`,
]

/** Texts that parse, but that the binder refuses or does not know. */
export const parsedOnly: readonly string[] = [
  `SELECT STREAM DISTINCT A, FLOOR(ROWTIME TO MINUTE) FROM S ORDER BY FLOOR(S.ROWTIME TO MINUTE), A DESC`,
  `SELECT STREAM K, COUNT(*) FROM S WINDOWED BY STAGGER (PARTITION BY K RANGE INTERVAL '1' MINUTE)`,
  `SELECT STREAM * FROM TABLE(TOP_K_ITEMS_TUMBLING(CURSOR(SELECT STREAM * FROM "S"), 'c', 10, 60)) AS t (i, n)`,
  `SELECT STREAM T AS ROWTIME, A FROM S ORDER BY T WITHIN INTERVAL '5' SECOND`,
  `SELECT A FROM S WHERE A IN (SELECT B FROM R) AND EXISTS (SELECT 1 FROM R) AND A = (SELECT MAX(B) FROM R)`,
  `(SELECT A FROM S UNION SELECT A FROM R) INTERSECT VALUES (1, 'x'), (2, NULL); SELECT A FROM S EXCEPT ALL SELECT A FROM R`,
  `SELECT SUM(DISTINCT A), COUNT(B) FILTER (WHERE C > 0), NTH_VALUE(A, 2) RESPECT NULLS OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM S NATURAL LEFT JOIN (R CROSS JOIN Q)`,
  `CREATE STREAM S (A CHARACTER VARYING(10), B DOUBLE PRECISION NOT NULL, "C" TIMESTAMP(3)) OPTIONS (TTL '5', "mode" 'x'); INSERT INTO S VALUES (1, 2, 3); DROP PUMP P; DROP STREAM S`,
]
