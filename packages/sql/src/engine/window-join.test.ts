import {
  type CellValue,
  makeBatch,
  type RowBatch,
  readCell,
  type Schema,
  seededRandom,
  writeCell,
} from '@millrace/values'
import { expect, test } from 'vitest'
import { bindProgram } from '../binder/bind-program.ts'
import type { QueryInstance } from '../engine-port.ts'
import { optimizeProgram } from '../optimizer/optimize.ts'
import type { SqlValue } from '../plan.ts'
import { compileProgram } from './compile-program.ts'

const input: Schema = {
  fields: [
    { name: 'SIDE', type: { kind: 'VARCHAR', length: 1 }, nullable: false },
    { name: 'K', type: { kind: 'BIGINT' }, nullable: true },
    { name: 'NAME', type: { kind: 'VARCHAR', length: 65_535 }, nullable: true },
  ],
}

const text = `
CREATE OR REPLACE STREAM A (K BIGINT, NAME VARCHAR(65535));
CREATE OR REPLACE STREAM B (K BIGINT, NAME VARCHAR(65535));
CREATE OR REPLACE STREAM R (K BIGINT, A VARCHAR(65535), B VARCHAR(65535));
CREATE OR REPLACE PUMP PA AS INSERT INTO A SELECT STREAM K, NAME FROM S WHERE SIDE = 'a';
CREATE OR REPLACE PUMP PB AS INSERT INTO B SELECT STREAM K, NAME FROM S WHERE SIDE = 'b';
CREATE OR REPLACE PUMP PR AS INSERT INTO R SELECT STREAM A.K, A.NAME, B.NAME
  FROM A OVER (RANGE INTERVAL '1' SECOND PRECEDING) JOIN B OVER (RANGE INTERVAL '1' SECOND PRECEDING) ON A.K = B.K;`

function query(): QueryInstance {
  const { program, diagnostics } = bindProgram({
    text,
    fileName: 'join.sql',
    dialect: 'kda',
    inputs: [{ name: 'S', schema: input }],
    references: [],
    outputs: ['R'],
  })
  if (program === undefined) throw new Error(JSON.stringify(diagnostics))
  return compileProgram(optimizeProgram(program))
}

interface Arrival {
  readonly side: 'a' | 'b'
  readonly key: bigint | null
  readonly name: string
  readonly time: number
}

function arrivals(count: number, seed: string): Arrival[] {
  const random = seededRandom(seed)
  let time = 0
  return Array.from({ length: count }, (_, i) => {
    if (random.below(3) === 0) time += random.below(2)
    const key =
      random.below(20) === 0
        ? null
        : random.below(30) === 0
          ? 2n ** 60n + BigInt(random.below(3))
          : BigInt(random.below(4000))
    return {
      side: random.below(2) === 0 ? 'a' : 'b',
      key,
      name: `${i}:${'n'.repeat(random.below(500) === 0 ? 50_000 : random.below(60))}`,
      time,
    }
  })
}

function batchOf(rows: readonly Arrival[]): RowBatch {
  const batch = makeBatch(input, rows.length)
  rows.forEach(({ side, key, name, time }, i) => {
    const values: SqlValue[] = [side, key, name]
    values.forEach((value, c) => {
      // Columns hold the flat types only.
      writeCell(batch.columns[c]!, i, input.fields[c]!.type, value as CellValue)
    })
    batch.rowtime[i] = time
    batch.origin[i] = i
  })
  batch.length = rows.length
  return batch
}

function feed(instance: QueryInstance, rows: readonly Arrival[]): string[] {
  const { outputs } = instance.process({
    inputs: new Map([['S', batchOf(rows)]]),
    records: rows.length,
    bound: Number.NEGATIVE_INFINITY,
  })
  const out = outputs.get('R')!
  return Array.from({ length: out.length }, (_, i) => {
    const key = readCell(out.columns[0]!, i, { kind: 'BIGINT' })
    const names = [1, 2].map((c) => readCell(out.columns[c]!, i, { kind: 'VARCHAR', length: 65_535 }))
    return `${key} ${String(names[0]).slice(0, 20)} ${String(names[1]).slice(0, 20)} ${String(names.join().length)}`
  })
}

/** The join by its definition, with a map from keys to what has come in. */
function expectedPairs(rows: readonly Arrival[]): string[] {
  const kept = { a: new Map<bigint, Arrival[]>(), b: new Map<bigint, Arrival[]>() }
  return rows.flatMap((row) => {
    if (row.key === null) return []
    const partners = (kept[row.side === 'a' ? 'b' : 'a'].get(row.key) ?? []).filter(
      ({ time }) => time >= row.time - 1000,
    )
    kept[row.side].set(row.key, [...(kept[row.side].get(row.key) ?? []), row])
    return partners.map((partner) => {
      const [a, b] = row.side === 'a' ? [row.name, partner.name] : [partner.name, row.name]
      return `${row.key} ${a.slice(0, 20)} ${b.slice(0, 20)} ${[a, b].join().length}`
    })
  })
}

test('over many chunks of state the join finds the pairs of its definition', () => {
  const rows = arrivals(40_000, 'window-join definition')
  const instance = query()
  const out: string[] = []
  for (let i = 0; i < rows.length; i += 1500) out.push(...feed(instance, rows.slice(i, i + 1500)))
  expect(out).toEqual(expectedPairs(rows))
  expect(out.length).toBeGreaterThan(5000)
})

test.each(['changes', 'snapshot'] as const)(
  'restored from %s over many chunks, the join goes on alike',
  (from) => {
    const rows = arrivals(24_000, `window-join ${from}`)
    let instance = query()
    let kept: { operator: string; blob: Uint8Array; liveUntil: number | null }[] = []
    const out: string[] = []
    for (let i = 0; i < rows.length; i += 1000) {
      out.push(...feed(instance, rows.slice(i, i + 1000)))
      for (const change of instance.takeChanges()) kept.push(change)
      // What the port lets be dropped is dropped.
      const { time } = instance
      kept = kept.filter(({ liveUntil }) => liveUntil === null || liveUntil >= time)
      if (i % 4000 !== 3000) continue
      if (from === 'snapshot') {
        const { operator } = instance.stateInfo()[0]!
        kept = instance.snapshot(operator).map((blob) => ({ operator, blob, liveUntil: null }))
      }
      instance = query()
      for (const { operator, blob } of kept) instance.restore(operator, blob)
    }
    expect(out).toEqual(expectedPairs(rows))
  },
)

test('a state blob that ends early, or of another form, is refused', () => {
  const instance = query()
  feed(instance, arrivals(50, 'window-join refuse'))
  const { operator, blob } = instance.takeChanges()[0]!
  for (const length of [0, 3, 12, 40, blob.length - 1]) {
    expect(() => query().restore(operator, blob.subarray(0, length))).toThrow()
  }
  const other = blob.slice()
  other[0] = other[0]! ^ 1
  expect(() => query().restore(operator, other)).toThrow('another version')
})

test('state is empty again when time has passed over the windows', () => {
  const instance = query()
  feed(instance, arrivals(5000, 'window-join empty'))
  expect(instance.stateInfo()[0]!.rows).toBeGreaterThan(0)
  instance.process({ inputs: new Map(), records: 0, bound: 1e12 })
  expect(instance.stateInfo()[0]!.rows).toBe(0)
})
