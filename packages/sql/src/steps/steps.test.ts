/**
 * Plans in words, over all case programs of both dialects: every operator is explained, no sentence has a hole in it, and what keeps
 * state is named under the address where the engine stores it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSqlType, type Schema } from '@millrace/values'
import { describe, expect, test } from 'vitest'
import { bindProgram } from '../binder/bind-program.ts'
import { parseCase, type SqlCase } from '../cases/case-file.ts'
import { bindFlinkCase } from '../cases/flink-case.ts'
import { kdaBindOptions } from '../cases/kda-case.ts'
import { bindFlinkProgram } from '../changelog/binder/bind-flink-program.ts'
import { compileChangelog } from '../changelog/compile-changelog.ts'
import { optimizeChangelog } from '../changelog/optimizer/optimize-changelog.ts'
import type { ChangelogNodeKind } from '../changelog/plan.ts'
import { compileProgram } from '../engine/compile-program.ts'
import type { HostAsync } from '../host-function.ts'
import { knownFunctions } from '../known-functions.ts'
import { optimizeProgram } from '../optimizer/optimize.ts'
import type { PlanNode, RowOperatorSpec } from '../plan.ts'
import { changelogSteps } from './changelog-steps.ts'
import { programSteps } from './kda-steps.ts'
import type { PlanStep } from './plan-step.ts'

const root = join(import.meta.dirname, '../../../..')
const folder = join(root, 'cases')
const cases: readonly (readonly [path: string, file: SqlCase])[] = readdirSync(folder, {
  recursive: true,
  encoding: 'utf8',
})
  .filter((name) => name.endsWith('.json') && name !== 'constructs.json')
  .map((name) => name.slice(0, -'.json'.length))
  .sort()
  .map((path) => {
    const text = (ending: string) => readFileSync(join(folder, `${path}.${ending}`), 'utf8')
    return [path, parseCase(path, text('sql'), text('json'))]
  })

const kdaKinds = {
  scan: false,
  filter: true,
  project: true,
  'lookup-join': true,
  'window-join': true,
  over: true,
  group: true,
  union: true,
  rows: false,
  // No case has one: below.
  'table-source': false,
} satisfies Record<PlanNode['kind'], boolean>
const rowsKinds = {
  'in-order': true,
  distinct: true,
  sort: true,
  'time-sort': true,
  stagger: true,
  'top-k': true,
  'count-distinct': true,
  'group-rank': true,
  'random-cut-forest': true,
  hotspots: true,
} satisfies Record<RowOperatorSpec['kind'], boolean>
const flinkKinds = {
  source: false,
  watermark: true,
  normalize: true,
  values: true,
  filter: true,
  project: true,
  // Cases have no functions that wait: below.
  'async-project': false,
  union: true,
  expand: true,
  aggregate: true,
  'window-assign': true,
  'window-aggregate': true,
  over: true,
  join: true,
  'interval-join': true,
  'temporal-join': true,
  'lookup-join': true,
  'window-join': true,
  correlate: true,
  'set-operation': true,
  rank: true,
  dedup: true,
  'window-rank': true,
  sort: true,
  limit: true,
  match: true,
} satisfies Record<ChangelogNodeKind, boolean>

const explained = (kinds: Readonly<Record<string, boolean>>) =>
  Object.keys(kinds).filter((kind) => kinds[kind])

/** What is wrong with the steps of a program. */
function faults(steps: readonly PlanStep[], operators: readonly string[]): string[] {
  const found: string[] = []
  const ids = new Set<string>()
  const all = new Set(steps.map(({ id }) => id))
  for (const { id, title, text, details, inputs, kind } of steps) {
    if (ids.has(id)) found.push(`${id}: twice`)
    ids.add(id)
    for (const input of inputs) if (!all.has(input)) found.push(`${id}: reads ${input}, which is no step`)
    if (title === '' || title.length > 80) found.push(`${id}: title "${title}"`)
    for (const sentence of [text, ...details])
      if (
        sentence.trim() === '' ||
        /undefined|\[object|#\d|NaN|Infinity| {2}|\s[.,:]|,\.|:\.|\.\.|ASSIGN\(/.test(
          withoutLiterals(sentence),
        )
      )
        found.push(`${id} (${kind}): ${sentence}`)
    if (!/[.]$/.test(text)) found.push(`${id}: no sentence: ${text}`)
  }
  const named = new Set(steps.flatMap(({ operator }) => (operator === undefined ? [] : [operator])))
  for (const operator of operators) if (!named.has(operator)) found.push(`no step for the state ${operator}`)
  return found
}

/** Values out of the program may hold anything. */
function withoutLiterals(text: string): string {
  return text.replaceAll(/'(?:[^']|'')*'/g, "''")
}

describe('case programs', () => {
  test('of the KDA dialect: every step is a sentence, every state has a step, every kind of operator comes up', () => {
    const kinds = new Set<string>()
    const found: string[] = []
    for (const [path, file] of cases) {
      if (file.dialect !== 'kda') continue
      const { program: bound } = bindProgram(kdaBindOptions(file))
      if (bound === undefined) continue
      const program = optimizeProgram(bound)
      const steps = programSteps(program)
      for (const { kind } of steps) kinds.add(kind)
      for (const fault of faults(steps, compileProgram(program).operators)) found.push(`${path} ${fault}`)
    }
    expect(found).toEqual([])
    const missing = [...explained(kdaKinds), ...explained(rowsKinds)].filter((kind) => !kinds.has(kind))
    expect(missing).toEqual([])
  })

  test('of the Flink dialect likewise', () => {
    const kinds = new Set<string>()
    const found: string[] = []
    const hosts = new Map(knownFunctions.map((fn) => [fn.name.toUpperCase(), fn]))
    for (const [path, file] of cases) {
      if (file.dialect !== 'flink') continue
      const { program: bound } = bindFlinkCase(file)
      if (bound === undefined) continue
      const program = optimizeChangelog(bound)
      const steps = changelogSteps(program)
      for (const { kind } of steps) kinds.add(kind)
      const instance = compileChangelog(program, { functions: hosts, now: 0, random: () => 0.5 })
      for (const fault of faults(steps, instance.operators)) found.push(`${path} ${fault}`)
    }
    expect(found).toEqual([])
    expect(explained(flinkKinds).filter((kind) => !kinds.has(kind))).toEqual([])
  })
})

const fields = (columns: Readonly<Record<string, string>>): Schema => ({
  fields: Object.entries(columns).map(([name, type]) => ({ name, type: parseSqlType(type), nullable: true })),
})

test('the join of the order pipeline reads as a person would say it', () => {
  const { program } = bindProgram({
    text: readFileSync(join(root, 'examples/orders/kda-orders.sql'), 'utf8'),
    fileName: 'kda-orders.sql',
    dialect: 'kda',
    inputs: [
      {
        name: 'SOURCE_SQL_STREAM_001',
        metadata: true,
        schema: fields({
          orderId: 'INTEGER',
          itemId: 'INTEGER',
          itemQuantity: 'INTEGER',
          itemAmount: 'DECIMAL(10,2)',
          itemStatus: 'VARCHAR(64)',
          orderAmount: 'DECIMAL(10,2)',
          orderStatus: 'VARCHAR(64)',
          orderDateTime: 'TIMESTAMP',
          shipToName: 'VARCHAR(64)',
          shipToAddress: 'VARCHAR(64)',
          shipToCity: 'VARCHAR(64)',
          shipToState: 'VARCHAR(64)',
          shipToZip: 'VARCHAR(64)',
          recordType: 'VARCHAR(16)',
        }),
      },
    ],
    references: [
      {
        name: 'products',
        schema: fields({ productId: 'INTEGER', productName: 'VARCHAR(64)', productPrice: 'DECIMAL(10,2)' }),
      },
    ],
    outputs: ['ORDER_ITEM_ENRICHED_STREAM'],
    hosts: new Map(),
  })
  const steps = programSteps(optimizeProgram(program!))
  const byKind = (kind: string) => steps.filter((step) => step.kind === kind)
  const [join_] = byKind('window-join')
  expect(join_).toMatchObject({
    title: 'Join ORDERS with ITEMS',
    text: 'Joins each row of ORDERS with each row of ITEMS with the same orderId, both at most 30 minutes apart.',
    inputs: ['stream ORDERS', 'stream ITEMS'],
  })
  expect(join_?.details[0]).toBe(
    'Two rows find each other if they arrived at most 30 minutes apart, whichever came first.',
  )
  expect(byKind('lookup-join')[0]).toMatchObject({
    title: 'Look up products',
    text: 'Finds for each row of SOURCE_SQL_STREAM_001 the rows of products where itemId = productId, and adds their columns.',
    details: ['A row that finds nothing is kept: its columns of products are NULL.'],
  })
  expect(byKind('filter').map(({ text }) => text)).toEqual([
    "Lets rows of SOURCE_SQL_STREAM_001 through where recordType = 'order'; others end here.",
    "Lets rows of SOURCE_SQL_STREAM_001 through where recordType = 'order_item'; others end here.",
  ])
  // From the input to the output without a gap.
  expect(steps.map(({ kind }) => kind)).toEqual([
    'table',
    'input',
    'filter',
    'project',
    'filter',
    'lookup-join',
    'project',
    'stream',
    'stream',
    'window-join',
    'project',
    'output',
  ])
})

test('windows and joins of event time say when rows come out', () => {
  const { program } = bindFlinkProgram({
    fileName: 'x.sql',
    hosts: new Map(),
    text: `CREATE TABLE sensor (id STRING, v DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'stream');
      CREATE TABLE status (id STRING, state STRING, at_ TIMESTAMP(3), WATERMARK FOR at_ AS at_) WITH ('connector' = 'stream');
      SELECT window_end, id, AVG(v) AS mean FROM TABLE(HOP(TABLE sensor, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, id;
      SELECT s.id, s.v, t.state FROM sensor s JOIN status t ON s.id = t.id AND t.at_ BETWEEN s.ts - INTERVAL '1' HOUR AND s.ts;`,
  })
  const text = changelogSteps(optimizeChangelog(program!)).map((step) => step.text)
  expect(text).toContain('Event time of sensor is read off ts: it is ts - 5 seconds of the latest row.')
  expect(text).toContain(
    'Collects rows of sensor in windows of 1 minute of ts, of which one begins every 10 seconds, and gives for each id the average of v.',
  )
  expect(text).toContain(
    'Joins each row of sensor with each row of status with the same id, where status comes at most 1 hour before sensor.',
  )
})

test('functions that wait, and tables that come once', () => {
  const int = parseSqlType('INTEGER')
  const ask: HostAsync = {
    kind: 'async',
    name: 'ask',
    parameters: [int],
    returns: int,
    nullIn: 'null',
    timeoutMs: 0,
    capacity: 2,
    ordered: true,
    retry: undefined,
    call: async () => 1,
  }
  const { program } = bindFlinkProgram({
    fileName: 'x.sql',
    hosts: new Map([['ASK', ask]]),
    text: "CREATE TABLE e (v INT) WITH ('connector' = 'stream'); SELECT ask(v) AS d FROM e;",
  })
  const asking = changelogSteps(optimizeChangelog(program!)).find(({ kind }) => kind === 'async-project')
  expect(asking?.text).toBe('Calls the function ASK with v for each row, and adds its result when it comes.')
  const schema = fields({ a: 'INTEGER' })
  const span = { start: 0, end: 0 }
  const steps = programSteps({
    dialect: 'kda',
    streams: [{ name: 'OUT', schema, origin: 'declared' }],
    references: [{ name: 'r', schema }],
    derived: [
      {
        name: 'few',
        schema,
        plan: { kind: 'distinct', input: { kind: 'table', table: 'r', schema }, schema },
      },
    ],
    pumps: [
      {
        name: 'P',
        target: 'OUT',
        plan: { kind: 'table-source', table: 'few', schema, span },
        stopped: false,
        span,
      },
    ],
    outputs: ['OUT'],
  })
  expect(faults(steps, [])).toEqual([])
  expect(steps.find(({ kind }) => kind === 'table-source')).toMatchObject({
    text: 'Gives the rows of the table few once, when the first record comes in.',
    inputs: ['table few'],
  })
  expect(steps.find(({ id }) => id === 'table few')).toMatchObject({
    text: 'Holds each different row of the rows of r; computed anew when a table that it reads is replaced.',
    inputs: ['table r'],
  })
})
