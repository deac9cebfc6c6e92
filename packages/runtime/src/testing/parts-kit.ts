/** What the tests of queries in parts share: two keyed streams of random rows, and the answer that a run leaves behind. */
import { seededRandom } from '@millrace/values'
import type { AppDefinition, FlinkQueryStage } from '../app-model.ts'
import { partStages } from '../query-parts.ts'
import { listSource, type TestRecord } from './app-kit.ts'

const tables = `
  CREATE TABLE l (k STRING, n INT, id BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
    WITH ('connector' = 'stream', 'partition-key' = 'k');
  CREATE TABLE r (k STRING, m INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
    WITH ('connector' = 'stream', 'partition-key' = 'k');
`

export interface PartsAppOptions {
  /** SELECTs over the tables l (k, n, id, ts) and r (k, m, ts), both keyed by k. */
  readonly select: string | readonly string[]
  readonly parallelism: number
  readonly seed?: number
  readonly rows?: number
  readonly shards?: { readonly l: number; readonly r: number }
  readonly perRead?: number
  /** Key of the records of l, instead of k. */
  readonly keyOf?: (row: { readonly k: string | null }) => string
}

/** The query reads l and r as far as the SELECTs name them; what they put out goes to the streams `out1` and so on. */
export function partsApp(options: PartsAppOptions): AppDefinition {
  const { select, parallelism, rows = 150, seed = 1, perRead = 25 } = options
  const shards = options.shards ?? { l: 4, r: 4 }
  const selects = typeof select === 'string' ? [select] : select
  const outs = selects.map((_, i) => `out${i + 1}`)
  const query: FlinkQueryStage = {
    kind: 'query',
    name: 'q',
    dialect: 'flink',
    text: `${tables}${selects.join(';\n')};`,
    fileName: 'q.sql',
    inputs: ['l', 'r']
      .filter((table) => new RegExp(`(FROM|JOIN|TABLE) ${table}\\b`).test(selects.join('\n')))
      .map((table) => ({ table, stream: table })),
    outputs: outs.map((stream, i) => ({
      from: `SELECT_${i + 1}`,
      stream,
      partitionKey: undefined,
      format: 'debezium-json',
    })),
    lookups: [],
    functions: [],
  }
  const keyOf = options.keyOf ?? (({ k }) => k ?? '-')
  return {
    name: 'parts',
    streams: [
      { name: 'l', shards: shards.l, retentionMs: Number.POSITIVE_INFINITY },
      { name: 'r', shards: shards.r, retentionMs: Number.POSITIVE_INFINITY },
      ...outs.map((name) => ({ name, shards: 2, retentionMs: Number.POSITIVE_INFINITY })),
    ],
    tables: [],
    stages: [
      { kind: 'source', name: 'l-feed', into: 'l', open: listSource(leftRows(rows, seed, keyOf), perRead) },
      { kind: 'source', name: 'r-feed', into: 'r', open: listSource(rightRows(rows, seed), perRead) },
      ...partStages(query, parallelism),
    ],
  }
}

function leftRows(
  count: number,
  seed: number,
  keyOf: (row: { readonly k: string | null }) => string,
): TestRecord[] {
  const random = seededRandom(`left ${seed}`)
  return Array.from({ length: count }, (_, id) => {
    // NULL is a key as well.
    const k = random.below(20) === 0 ? null : `key ${random.below(12)}`
    const value = { k, n: random.below(100), id, ts: timeOf(id, random.below(4_000)) }
    return { key: keyOf(value), value: random.below(60) === 0 ? '{"k": cut' : value }
  })
}

function rightRows(count: number, seed: number): TestRecord[] {
  const random = seededRandom(`right ${seed}`)
  return Array.from({ length: count }, (_, id) => {
    const value = { k: `key ${random.below(14)}`, m: random.below(100), ts: timeOf(id, random.below(4_000)) }
    return { key: value.k, value }
  })
}

function timeOf(index: number, back: number): string {
  return new Date(Date.UTC(2026, 0, 1) + 10_000 + index * 500 - back)
    .toISOString()
    .replace('T', ' ')
    .replace('Z', '')
}

/** Rows that are there after all changes, each as often as it is there. A row that is taken back too often is negative. */
export function answerOf(texts: readonly string[]): Record<string, number> {
  const rows: Record<string, number> = {}
  for (const text of texts) {
    const { before, after, op } = JSON.parse(text)
    const row = JSON.stringify(op === 'd' ? before : after)
    rows[row] = (rows[row] ?? 0) + (op === 'd' ? -1 : 1)
    if (rows[row] === 0) delete rows[row]
  }
  return rows
}
