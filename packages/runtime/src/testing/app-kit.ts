/** What the tests of stages share: small apps, sources of given records, and what a run left behind. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store, TableDefinition } from '@millrace/store'
import { isEntryTable, plainJson } from '@millrace/tables'
import { seededRandom, VirtualClock } from '@millrace/values'
import { expect } from 'vitest'
import type {
  AppDefinition,
  EachCode,
  FlinkQueryStage,
  FunctionStage,
  QueryStage,
  StageDefinition,
} from '../app-model.ts'
import type { EachHandler } from '../each/each-api.ts'
import type { FunctionHandler } from '../function-api.ts'
import { runInProcess } from '../in-process.ts'
import { type MappingSettings, mappingDefaults } from '../mapping/mapping-settings.ts'
import type { Report } from '../report.ts'
import type { InProcessApp, InProcessOptions } from '../running-app.ts'
import type { SourceFactory } from '../source-port.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
export const startMs = Date.UTC(2026, 0, 1)

export function tempDir(): { readonly dir: string; remove(): void } {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-runtime-'))
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) }
}

export interface TestRecord {
  readonly key: string
  /** Text is taken as it is, anything else as JSON. */
  readonly value: unknown
}

/** Feeds the records, `perRead` at a time; its position is how many were fed. */
export function listSource(records: readonly TestRecord[], perRead = 10): SourceFactory {
  return (context) => {
    let at = typeof context.position === 'number' ? context.position : 0
    return {
      read: async (builders) => {
        const to = Math.min(records.length, at + perRead)
        for (let i = at; i < to; i++) {
          const { key, value } = records[i]!
          const keyBytes = encoder.encode(key)
          const data = encoder.encode(typeof value === 'string' ? value : JSON.stringify(value))
          const shard = context.route(keyBytes, 0, keyBytes.length)
          builders[shard]!.add(keyBytes, 0, keyBytes.length, data, 0, data.length, 0)
        }
        const taken = to - at
        at = to
        return { position: at, taken, dead: [], done: at === records.length }
      },
      close: async () => {},
    }
  }
}

export interface TestAppParts {
  readonly records: readonly TestRecord[]
  readonly perRead?: number
  readonly shards?: number
  readonly tables?: readonly TableDefinition[]
  readonly queries?: readonly (QueryStage | FlinkQueryStage)[]
  readonly functions?: readonly FunctionStage[]
  readonly moreStreams?: readonly string[]
}

/** source -> `in` -> the given stages; streams `in`, `out` and `moreStreams`. */
export function testApp(parts: TestAppParts): AppDefinition {
  const stages: StageDefinition[] = [
    { kind: 'source', name: 'feed', into: 'in', open: listSource(parts.records, parts.perRead) },
    ...(parts.queries ?? []),
    ...(parts.functions ?? []),
  ]
  const names = ['in', 'out', ...(parts.moreStreams ?? [])]
  return {
    name: 'test',
    streams: names.map((name) => ({ name, shards: parts.shards ?? 2, retentionMs: 7 * 86_400_000 })),
    tables: parts.tables ?? [],
    stages,
  }
}

/** id and n of each record, as the tables of the tests hold them. */
export const itemTable: TableDefinition = { name: 'items', partitionKey: { name: 'id', type: 'string' } }

export function save(
  handler: FunctionHandler,
  settings: Partial<MappingSettings & Pick<FunctionStage, 'name' | 'from'>> = {},
): FunctionStage {
  const { name = 'save', from = 'in', ...mapping } = settings
  return {
    kind: 'function',
    name,
    from,
    mapping: { ...mappingDefaults, batchSize: 7, parallelization: 3, maxRetries: 2, ...mapping },
    code: { form: 'batch', handler },
  }
}

/** A per-record function. */
export function each(
  handler: EachHandler,
  settings: Partial<
    MappingSettings &
      Pick<FunctionStage, 'name' | 'from'> &
      Pick<EachCode, 'concurrency' | 'decode' | 'onceMs'>
  > = {},
): FunctionStage {
  const { name = 'save', from = 'in', concurrency = 8, decode, onceMs = 3_600_000, ...mapping } = settings
  return {
    kind: 'function',
    name,
    from,
    mapping: { ...mappingDefaults, maxRetries: 2, ...mapping },
    code: { form: 'each', handler, concurrency, decode, onceMs },
  }
}

export function passThrough(settings: Partial<QueryStage> = {}): QueryStage {
  return {
    kind: 'query',
    name: 'pass',
    dialect: 'kda',
    fileName: 'pass.sql',
    text: `CREATE OR REPLACE STREAM "DEST" ("id" VARCHAR(16), "n" INTEGER);
      CREATE OR REPLACE PUMP "P" AS INSERT INTO "DEST" SELECT STREAM "id", "n" FROM "SOURCE_SQL_STREAM_001" WHERE "n" >= 0;`,
    input: {
      stream: 'in',
      name: 'SOURCE_SQL_STREAM_001',
      columns: [
        { name: 'id', type: 'VARCHAR(16)', path: '$.id' },
        { name: 'n', type: 'INTEGER', path: '$.n' },
      ],
      preprocess: undefined,
    },
    references: [],
    outputs: [{ from: 'DEST', stream: 'out', partitionKey: 'id' }],
    ...settings,
  }
}

export interface Run {
  readonly clock: VirtualClock
  readonly app: InProcessApp
}

export async function start(
  app: AppDefinition,
  dataDir: string,
  options: Partial<Pick<InProcessOptions, 'probe' | 'limits' | 'meter'>> & {
    readonly clock?: VirtualClock
  } = {},
): Promise<Run> {
  const clock = options.clock ?? new VirtualClock(startMs)
  const { probe, limits, meter } = options
  const running = await runInProcess({
    app,
    dataDir,
    clock,
    random: seededRandom(1),
    ...(probe ? { probe } : {}),
    ...(limits ? { limits } : {}),
    ...(meter ? { meter } : {}),
  })
  return { clock, app: running }
}

/** Runs to the end, closes, and asserts that nothing was lost on the way. */
export async function runWhole(app: AppDefinition, dataDir: string, options = {}): Promise<Left> {
  const { app: running } = await start(app, dataDir, options)
  await running.runToEnd()
  const left = leftBehind(running.store)
  const report = await running.close()
  expectConserved(report)
  return { ...left, report }
}

export interface Left {
  readonly report: Report
  readonly streams: Readonly<Record<string, readonly string[]>>
  readonly tables: Readonly<Record<string, readonly unknown[]>>
}

export function leftBehind(store: Store): Omit<Left, 'report'> {
  const streams: Record<string, string[]> = {}
  for (const { name } of store.streams()) streams[name] = readAll(store, name)
  const tables: Record<string, unknown[]> = {}
  for (const { name } of store.tables()) {
    // Entries of indexes are no items.
    if (isEntryTable(name)) continue
    tables[name] = [...store.scan(name)].map((item) => JSON.parse(decoder.decode(plainJson(item))))
  }
  return { streams, tables }
}

/** Data of all records as text, shard after shard. */
export function readAll(store: Store, stream: string): string[] {
  const texts: string[] = []
  for (const { shard, oldest, next } of store.stream(stream)?.shardInfos ?? []) {
    for (let at = oldest; at < next; ) {
      for (const batch of store.read(stream, shard, at, { maxRecords: 10_000, maxBytes: 1e9 }).batches) {
        if (!('count' in batch)) throw new Error(batch.reason)
        for (let i = 0; i < batch.count; i++) {
          texts.push(decoder.decode(batch.bytes.subarray(batch.dataStart[i]!, batch.dataStart[i + 1]!)))
        }
        at = batch.firstSequence + batch.count
      }
    }
  }
  return texts
}

export function expectConserved(report: Report): void {
  for (const stage of report.stages) {
    expect(stage.in, stage.name).toBe(stage.out + stage.late + stage.filtered + stage.dead + stage.inFlight)
  }
  expect(report.ledgerBalanced).toBe(true)
}
