import { expect, test } from 'vitest'
import { bindProgram } from './binder/bind-program.ts'
import { explainProgram } from './explain.ts'
import { visitNodes } from './expression/node-tools.ts'
import { fingerprints } from './fingerprint.ts'
import { corpusInputs, corpusReferences, orderProgram } from './laws/corpus.ts'
import { optimizeProgram } from './optimizer/optimize.ts'
import type { PlanNode, Program } from './plan.ts'

function compile(text: string, inputs = corpusInputs, outputs = ['ENRICHED']): Program {
  const { program } = bindProgram({
    text,
    fileName: 'p.sql',
    dialect: 'kda',
    inputs,
    references: corpusReferences,
    outputs,
  })
  expect(program).toBeDefined()
  return optimizeProgram(program!)
}

function statefulNodes(program: Program): PlanNode[] {
  const found: PlanNode[] = []
  for (const pump of program.pumps)
    visitNodes(
      pump.plan,
      (node) => void (['window-join', 'over', 'group'].includes(node.kind) && found.push(node)),
    )
  return found
}

function prints(program: Program): string[] {
  const of = fingerprints(program)
  return statefulNodes(program).map((node) => of.address(node))
}

const base = prints(compile(orderProgram))

test('a fingerprint does not depend on text, comments, aliases, names of pumps and streams, or other statements', () => {
  expect(base).toHaveLength(1)
  expect(base[0]).toMatch(/^[0-9a-f]{16}$/)
  const same = [
    orderProgram
      .toLowerCase()
      .replaceAll(/"(\w+)"/g, (whole) => orderProgram.match(new RegExp(whole, 'i'))?.[0] ?? whole)
      .replaceAll("'order'", "'order'"),
    `-- a comment\n${orderProgram.replaceAll('\n', '\n\n')}`,
    orderProgram
      .replaceAll('"ORDER_PUMP"', '"other"')
      .replaceAll('"ITEMS"', '"LINES"')
      .replaceAll('FROM ITEMS', 'FROM LINES'),
    orderProgram.replaceAll(/\bi\."/g, 'item."').replace('AS i', 'AS item'),
    `${orderProgram} CREATE STREAM "X" ("a" INTEGER); CREATE PUMP "XP" AS INSERT INTO "X" SELECT STREAM "orderId" FROM "ORDERS";`,
  ]
  for (const text of same) expect(prints(compile(text)), text).toEqual(base)
})

test('columns that an input gains, in any place, change no fingerprint', () => {
  const inputs = corpusInputs.map(({ name, schema }) => ({
    name,
    schema: { fields: [{ name: 'new', type: { kind: 'DATE' as const }, nullable: true }, ...schema.fields] },
  }))
  expect(prints(compile(orderProgram, inputs))).toEqual(base)
})

test('a fingerprint changes with what is computed: window, key, condition, stored columns, writers of the streams read', () => {
  const others = [
    orderProgram.replace("INTERVAL '30' MINUTE", "INTERVAL '31' MINUTE"),
    orderProgram.replace('i."orderId" = o."orderId"', 'i."itemId" = o."orderId"'),
    orderProgram.replace('i."orderId" = o."orderId"', 'i."orderId" = o."orderId" AND i."amount" < o."total"'),
    orderProgram.replace(`"kind" = 'order'`, `"kind" = 'order2'`),
    orderProgram.replace('o."total", i."itemId"', 'NULL, i."itemId"'),
    orderProgram.replace('LEFT JOIN "products"', 'JOIN "products"'),
    `${orderProgram} CREATE PUMP "SECOND" AS INSERT INTO "ORDERS" SELECT STREAM "orderId", "amount", "status", "placedAt", "kind" FROM "SOURCE_SQL_STREAM_001";`,
  ].map((text) => prints(compile(text)))
  for (const other of others) expect(other).not.toEqual(base)
  expect(new Set(others.flat()).size).toBe(others.length)
})

test('what a program computes twice has two addresses', () => {
  const select = 'SELECT STREAM COUNT(*) OVER (ROWS 3 PRECEDING) FROM TRADES'
  const [first, second] = prints(compile(`${select}; ${select}`, corpusInputs, []))
  expect(second).toBe(`${first}#2`)
  // A view is planned anew at each use.
  const view =
    'CREATE VIEW V AS SELECT STREAM COUNT(*) OVER (ROWS 3 PRECEDING) AS N FROM TRADES; SELECT STREAM * FROM V; SELECT STREAM * FROM V'
  expect(new Set(prints(compile(view, corpusInputs, []))).size).toBe(2)
})

test('the fingerprint of the order join is pinned: a change loses the state of running programs', () => {
  expect(base).toMatchInlineSnapshot(`
    [
      "8d722f070d947231",
    ]
  `)
})

test('golden: EXPLAIN of the order program', () => {
  expect(`\n${explainProgram(compile(orderProgram))}`).toMatchInlineSnapshot(`
    "
    stream "SOURCE_SQL_STREAM_001" (input): "orderId" INTEGER, "itemId" INTEGER, "amount" DECIMAL(9,2), "status" VARCHAR(8), "placedAt" TIMESTAMP, "kind" VARCHAR(16)
    stream "TRADES" (input): "TICKER" VARCHAR(4), "PRICE" DOUBLE, "SHARES" INTEGER, "TRADED" TIMESTAMP, "BUY" BOOLEAN
    stream "ORDERS" (in-application): "orderId" INTEGER, "total" DECIMAL(9,2)
    stream "ITEMS" (in-application): "orderId" INTEGER, "itemId" INTEGER, "productName" VARCHAR(32)
    stream "ENRICHED" (output): "event_ts" TIMESTAMP, "orderId" INTEGER, "total" DECIMAL(9,2), "itemId" INTEGER, "productName" VARCHAR(32)
    table "products": "productId" BIGINT, "productName" VARCHAR(32)

    pump "ORDER_PUMP" into "ORDERS"
      project "orderId", "amount" AS "total"
        | columns: "orderId" INTEGER, "total" DECIMAL(9,2)
        filter "kind" = 'order'
          scan "SOURCE_SQL_STREAM_001"

    pump "ITEM_PUMP" into "ITEMS"
      project "orderId", "itemId", "productName"
        | columns: "orderId" INTEGER, "itemId" INTEGER, "productName" VARCHAR(32)
        lookup join (left) with table "products"
          | keys: CAST("itemId" AS BIGINT) = "productId"
          | row time: of the stream row
          | columns: "orderId" INTEGER, "itemId" INTEGER, "amount" DECIMAL(9,2), "status" VARCHAR(8), "placedAt" TIMESTAMP, "kind" VARCHAR(16), "productId" BIGINT, "productName" VARCHAR(32)
          filter "kind" = 'item'
            scan "SOURCE_SQL_STREAM_001"

    pump "ENRICHED_PUMP" into "ENRICHED"
      project ROWTIME AS "event_ts", "orderId", "total", "itemId", "productName"
        | columns: "event_ts" TIMESTAMP, "orderId" INTEGER, "total" DECIMAL(9,2), "itemId" INTEGER, "productName" VARCHAR(32)
        window join (inner)
          | windows: left 30 min, right 30 min
          | keys: "orderId" = "orderId"
          | row time: the later of the two
          | columns: "orderId" INTEGER, "itemId" INTEGER, "productName" VARCHAR(32), "orderId" INTEGER, "total" DECIMAL(9,2)
          | state: left rows of 30 min, right rows of 30 min, by key
          | fingerprint: 8d722f070d947231
          scan "ITEMS"
          scan "ORDERS"
    "
  `)
})

test('golden: EXPLAIN of groups, windows, unions and outer joins', () => {
  const text = `SELECT STREAM TICKER, COUNT(*), SUM(SHARES) FROM TRADES AS T WHERE PRICE > 1 GROUP BY TICKER, FLOOR(T.ROWTIME TO MINUTE);
    SELECT STREAM AVG(PRICE) OVER (PARTITION BY TICKER RANGE INTERVAL '1' HOUR PRECEDING), LAG(PRICE) IGNORE NULLS OVER (ROWS 5 PRECEDING) FROM TRADES;
    SELECT STREAM A.TICKER, B.SHARES FROM TRADES OVER (ROWS 9 PRECEDING) AS A LEFT JOIN TRADES AS B ON A.PRICE < B.PRICE
    UNION ALL SELECT STREAM TICKER, 0 FROM TRADES`
  expect(`\n${explainProgram(compile(text, corpusInputs, []))}`).toMatchInlineSnapshot(`
    "
    stream "SOURCE_SQL_STREAM_001" (input): "orderId" INTEGER, "itemId" INTEGER, "amount" DECIMAL(9,2), "status" VARCHAR(8), "placedAt" TIMESTAMP, "kind" VARCHAR(16)
    stream "TRADES" (input): "TICKER" VARCHAR(4), "PRICE" DOUBLE, "SHARES" INTEGER, "TRADED" TIMESTAMP, "BUY" BOOLEAN
    stream "SELECT_1" (output): "TICKER" VARCHAR(4), "EXPR$1" BIGINT NOT NULL, "EXPR$2" BIGINT
    stream "SELECT_2" (output): "EXPR$0" DOUBLE, "EXPR$1" DOUBLE
    stream "SELECT_3" (output): "TICKER" VARCHAR(4), "SHARES" INTEGER
    table "products": "productId" BIGINT, "productName" VARCHAR(32)

    pump "SELECT_1" into "SELECT_1"
      project "KEY$0" AS "TICKER", "COUNT$0" AS "EXPR$1", "SUM$1" AS "EXPR$2"
        | columns: "TICKER" VARCHAR(4), "EXPR$1" BIGINT NOT NULL, "EXPR$2" BIGINT
        group by "TICKER", FLOOR_TIME(ROWTIME, 'MINUTE')
          | aggregates: COUNT(*), SUM("SHARES")
          | row time: "KEY$1" + INTERVAL 1 min, when a later row or a bound completes the group
          | columns: "KEY$0" VARCHAR(4), "KEY$1" TIMESTAMP NOT NULL, "COUNT$0" BIGINT NOT NULL, "SUM$1" BIGINT
          | state: the groups of the current step
          | fingerprint: 215124c4a02f91ab
          filter "PRICE" > 1
            scan "TRADES"

    pump "SELECT_2" into "SELECT_2"
      project "AVG$0" AS "EXPR$0", "LAG$1" AS "EXPR$1"
        | columns: "EXPR$0" DOUBLE, "EXPR$1" DOUBLE
        over
          | the last 1 h by "TICKER": AVG("PRICE")
          | the last 6 rows: LAG("PRICE") IGNORE NULLS
          | row time: of the current row
          | columns: "TICKER" VARCHAR(4), "PRICE" DOUBLE, "AVG$0" DOUBLE, "LAG$1" DOUBLE
          | state: rows of the last 1 h for each partition; rows of the last 6 rows
          | fingerprint: d222a988aa77a36d
          project "TICKER", "PRICE"
            | columns: "TICKER" VARCHAR(4), "PRICE" DOUBLE
            scan "TRADES"

    pump "SELECT_3" into "SELECT_3"
      union all, merged by row time
        | columns: "TICKER" VARCHAR(4), "SHARES" INTEGER
        project "TICKER", "SHARES"
          | columns: "TICKER" VARCHAR(4), "SHARES" INTEGER
          window join (left)
            | windows: left 10 rows, right the current row
            | condition: "PRICE" < "PRICE"
            | row time: the later of the two; of an unmatched row the last moment a match was possible
            | columns: "TICKER" VARCHAR(4), "PRICE" DOUBLE, "PRICE" DOUBLE, "SHARES" INTEGER
            | state: left rows of 10 rows, compared one by one
            | fingerprint: 06cdbea1139e37bb
            project "TICKER", "PRICE"
              | columns: "TICKER" VARCHAR(4), "PRICE" DOUBLE
              scan "TRADES"
            project "PRICE", "SHARES"
              | columns: "PRICE" DOUBLE, "SHARES" INTEGER
              scan "TRADES"
        project "TICKER", 0 AS "SHARES"
          | columns: "TICKER" VARCHAR(4), "SHARES" INTEGER NOT NULL
          scan "TRADES"
    "
  `)
})
