/** An app in virtual time for the tests of the pipeline's API, with counts as a running one would give them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AppCounts,
  type AppDefinition,
  type InProcessApp,
  Latency,
  makeTableHandle,
  mappingDefaults,
  runInProcess,
  type SourceFactory,
  type StageDefinition,
  type StageNow,
} from '@millrace/runtime'
import { seededRandom, VirtualClock } from '@millrace/values'

export const startMs = Date.UTC(2026, 0, 1)
const encoder = new TextEncoder()
const table = { name: 'Saved', partitionKey: { name: 'id', type: 'string' } } as const
const saved = makeTableHandle(table)

/** A record each `everyMs` of virtual time, `perTick` at a time; ends after `total`. */
export function tickingSource({
  everyMs = 100,
  perTick = 1,
  total = Number.POSITIVE_INFINITY,
  value = (n: number): unknown => ({ id: `i${n}`, n }),
} = {}): SourceFactory {
  return ({ clock, signal, position, route }) => {
    let at = typeof position === 'number' ? position : 0
    return {
      read: async (builders) => {
        if (at > 0) await clock.sleep(everyMs, signal)
        if (signal.aborted) return { position: at, taken: 0, dead: [], done: false }
        const taken = Math.min(perTick, total - at)
        for (let i = 0; i < taken; i++) {
          const key = encoder.encode(`k${(at + i) % 7}`)
          const data = encoder.encode(JSON.stringify(value(at + i)))
          builders[route(key, 0, key.length)]?.add(key, 0, key.length, data, 0, data.length, 0)
        }
        at += taken
        return { position: at, taken, dead: [], done: at >= total }
      },
      close: async () => {},
    }
  }
}

export interface SmallAppParts {
  readonly source?: SourceFactory
  /** Of the function `save`. */
  readonly fails?: (n: number) => boolean
  readonly minimum?: number
}

/** feed -> in -> pass (KDA: n >= minimum) -> out -> save -> Saved, as the order pipeline has it. */
export function smallApp({
  source = tickingSource(),
  fails = () => false,
  minimum = 0,
}: SmallAppParts = {}): AppDefinition {
  const stages: StageDefinition[] = [
    { kind: 'source', name: 'feed', into: 'in', open: source },
    {
      kind: 'query',
      name: 'pass',
      dialect: 'kda',
      fileName: 'pass.sql',
      text: `CREATE OR REPLACE STREAM "DEST" ("id" VARCHAR(16), "n" INTEGER);
        CREATE OR REPLACE PUMP "P" AS INSERT INTO "DEST" SELECT STREAM "id", "n" FROM "SOURCE_SQL_STREAM_001" WHERE "n" >= ${minimum};`,
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
    },
    {
      kind: 'function',
      name: 'save',
      from: 'out',
      mapping: { ...mappingDefaults, batchSize: 10, maxRetries: 0 },
      code: {
        form: 'batch',
        handler: (records) => {
          if (records.some((record) => fails(record.json<{ n: number }>().n)))
            throw new Error('this one fails')
          return saved.put(records)
        },
      },
    },
  ]
  return {
    name: 'small',
    streams: ['in', 'out'].map((name) => ({ name, shards: 2, retentionMs: 86_400_000 })),
    tables: [table],
    stages,
  }
}

export interface Run {
  readonly app: InProcessApp
  readonly clock: VirtualClock
  /** What the console gets of a running app. */
  readonly door: {
    readonly definition: AppDefinition
    readonly file: string
    readonly app: { counts(): AppCounts }
  }
  /** Overrides of what stages say of themselves. */
  readonly now: Map<string, Partial<StageNow>>
  close(): Promise<void>
}

export async function runApp(definition: AppDefinition): Promise<Run> {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-console-'))
  const clock = new VirtualClock(startMs)
  const app = await runInProcess({ app: definition, dataDir: dir, clock, random: seededRandom(1) })
  const now = new Map<string, Partial<StageNow>>()
  const counts = (): AppCounts => ({
    ...app.report(),
    latency: new Latency(),
    now: definition.stages.map(({ name, kind }) => ({
      name,
      kind,
      lagRecords: 0,
      latencyMs: new Latency().summary(),
      state: 'running',
      ...now.get(name),
    })),
  })
  return {
    app,
    clock,
    now,
    door: { definition, file: '/apps/small.app.ts', app: { counts } },
    async close() {
      await app.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
