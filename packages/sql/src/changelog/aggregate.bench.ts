/**
 * Speed of aggregating operators by themselves, on one core: `npx tsc -b packages/sql && node_modules/.bin/jiti
 * packages/sql/src/changelog/aggregate.bench.ts`.
 *
 *   group     COUNT(*), SUM by a BIGINT key, 10,000 keys, append input: a -U/+U pair for nearly each row
 *   wide      the ten aggregates of Nexmark q17 by key, with four FILTERs
 *   distinct  those of q15: COUNT, COUNT FILTER x3, COUNT DISTINCT of two columns with and without FILTER x3
 *   hop       COUNT(*) by key, HOP of 10 s by 2 s, 1,000 keys, a watermark for each 1,000 rows
 *   over      SUM, RANGE of 10 s by key, 1,000 keys, as above
 * Changes of state are taken for each 2,000 rows, as commits would. Figure: rows per second.
 */
import type { Schema, SqlType } from '@millrace/values'

import type { Operator, OperatorContext, Port } from './operator.ts'
import { makeAggregate } from './operators/aggregate.ts'
import { makeOver } from './operators/over.ts'
import { makeWindowAggregate } from './operators/window-aggregate.ts'
import type { AggregateCall, ChangelogNode } from './plan.ts'
import type { Row } from './row.ts'
import { MemoryStore } from './state/memory-store.ts'

const rows = Number(process.env.ROWS ?? 1_000_000)
const bigint: SqlType = { kind: 'BIGINT' }
const boolean: SqlType = { kind: 'BOOLEAN' }
/** ts, key, price, bidder, and whether the price is in each of three ranges. */
const types: readonly SqlType[] = [
  { kind: 'TIMESTAMP', precision: 3 },
  bigint,
  bigint,
  bigint,
  boolean,
  boolean,
  boolean,
]
const schema: Schema = { fields: types.map((type, i) => ({ name: `c${i}`, type, nullable: true })) }
const span = { start: 0, end: 0 }
const traits = { changes: 'append', times: [], keys: [], window: undefined } as const
const input: ChangelogNode = { kind: 'source', table: 't', schema, span, traits }

const column = (index: number) =>
  ({ kind: 'column', index, type: types[index]!, nullable: true, span }) as const
function call(fn: string, arg?: number, filter?: number, distinct = false): AggregateCall {
  return {
    fn,
    args: arg === undefined ? [] : [column(arg)],
    filter: filter === undefined ? undefined : column(filter),
    distinct,
    type: bigint,
    nullable: true,
    span,
  }
}
const base = { input, keys: [1], schema, traits, span } as const
const filters = [undefined, 4, 5, 6]

const cases: Record<string, { keys: number; make: (context: OperatorContext, out: Port) => Operator }> = {
  group: {
    keys: 10_000,
    make: (context, out) =>
      makeAggregate(
        { ...base, kind: 'aggregate', calls: [call('COUNT'), call('SUM', 2)], ttl: 0 },
        context,
        out,
      ),
  },
  wide: {
    keys: 10_000,
    make: (context, out) =>
      makeAggregate(
        {
          ...base,
          kind: 'aggregate',
          calls: [
            ...filters.map((filter) => call('COUNT', undefined, filter)),
            call('MIN', 2),
            call('MAX', 2),
            call('AVG', 2),
            call('SUM', 2),
            call('MAX', 3),
            call('SUM', 3),
          ],
          ttl: 0,
        },
        context,
        out,
      ),
  },
  distinct: {
    keys: 20,
    make: (context, out) =>
      makeAggregate(
        {
          ...base,
          kind: 'aggregate',
          calls: [
            ...filters.map((filter) => call('COUNT', undefined, filter)),
            ...filters.map((filter) => call('COUNT', 3, filter, true)),
            ...filters.map((filter) => call('COUNT', 2, filter, true)),
          ],
          ttl: 0,
        },
        context,
        out,
      ),
  },
  hop: {
    keys: 1_000,
    make: (context, out) =>
      makeWindowAggregate(
        {
          ...base,
          kind: 'window-aggregate',
          window: {
            kind: 'hop',
            slide: 2000,
            size: 10_000,
            offset: 0,
            zone: undefined,
            time: { column: 0, kind: 'rowtime' },
          },
          calls: [call('COUNT')],
          properties: ['start', 'end'],
          early: 0,
        },
        context,
        out,
      ),
  },
  over: {
    keys: 1_000,
    make: (context, out) =>
      makeOver(
        {
          ...base,
          kind: 'over',
          partition: [1],
          time: { column: 0, kind: 'rowtime' },
          frame: { kind: 'range', preceding: 10_000 },
          calls: [call('SUM', 2)],
        },
        context,
        out,
      ),
  },
}

function run(make: (context: OperatorContext, out: Port) => Operator, source: readonly Row[]): string {
  const store = new MemoryStore(() => 0)
  const context: OperatorContext = {
    id: 'bench',
    state: store,
    now: () => 0,
    zone: 'UTC',
    functions: new Map(),
    watermark: () => undefined,
    onTime: () => undefined,
    late: () => undefined,
    fail: (_, error) => {
      throw error
    },
  }
  let put = 0
  const operator = make(context, {
    row: () => {
      put++
    },
    watermark: () => undefined,
  })
  const port = operator.inputs[0]!
  let bytes = 0
  const start = performance.now()
  for (let i = 0; i < source.length; i++) {
    port.row(source[i]!, 0)
    if (i % 1000 === 999) port.watermark((source[i]![0] as number) - 1) // The time column.
    if (i % 2000 === 1999) bytes += store.takeChange()?.length ?? 0
  }
  const seconds = (performance.now() - start) / 1000
  const perRow = (bytes / source.length).toFixed(0)
  return `${Math.round(source.length / seconds / 1000)}k rows/s, ${(put / source.length).toFixed(2)} changes and ${perRow} bytes of log per row`
}

for (const [name, { keys, make }] of Object.entries(cases)) {
  if (process.env.CASE !== undefined && process.env.CASE !== name) continue
  let seed = 1
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
  const source = Array.from({ length: rows }, (_, i): Row => {
    const price = random(20_000)
    return [
      i,
      random(keys),
      price,
      random(50_000),
      price < 5000,
      price >= 5000 && price < 15_000,
      price >= 15_000,
    ]
  })
  run(make, source.slice(0, 50_000))
  console.log(`${name.padEnd(9)} ${run(make, source)}`)
}
