/**
 * `testApp`: an app inside a test, on the runtime's in-process host under virtual time. See docs/testing.md.
 * Store, SQL engine and commits are the real ones; only clock, randomness and threads are replaced.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeOwnKey } from '@millrace/gateway'
import { bucketsOf, openCatalog, openLakeQuery } from '@millrace/lake'
import {
  type AppDefinition,
  type FunctionLogLine,
  type InProcessApp,
  type Item,
  lambdaCodes,
  makeLambdaHost,
  runInProcess,
} from '@millrace/runtime'
import type { Store } from '@millrace/store'
import { plainJson } from '@millrace/tables'
import { seededRandom, VirtualClock } from '@millrace/values'
import { functionServices } from '../cli/function-services.ts'
import { streamGuard } from '../cli/stream-guard.ts'
import type { AppFactory } from '../define/define-app.ts'
import { MillraceError } from '../error.ts'
import { cacheDir } from '../load/cache-dir.ts'
import { readRecords } from './read-records.ts'
import { defaultStartMs, openTestGateway } from './test-gateway.ts'
import type { ReadRecord, TestAppSettings, TestedApp } from './tested-app.ts'

/** Timers that one runUntilIdle may run through; a source without an end passes any number. */
const wakesMax = 100_000

export async function testApp(app: AppFactory, settings: TestAppSettings = {}): Promise<TestedApp> {
  const built = app.build({ options: settings.options ?? {}, env: settings.env ?? {} })
  const definition = inTestFolders(built.definition)
  const dataDir = settings.dataDir ?? mkdtempSync(join(tmpdir(), 'millrace-test-'))
  const clock = new CountingClock(settings.startMs ?? defaultStartMs)
  const random = seededRandom(settings.seed ?? 1)
  const removeDir = () => {
    if (settings.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true })
  }
  const gateways: { close(): Promise<void> }[] = []
  const functionLines: FunctionLogLine[] = []
  const hasLambdas = lambdaCodes(definition).length > 0
  /** Handlers find an endpoint of their own on the app's streams and tables. */
  const lambdas = async (store: Store) => {
    const guard = streamGuard(definition)
    const gateway = await openTestGateway({ store, clock, random: seededRandom('functions'), guard }, {})
    gateways.push(gateway)
    const key = makeOwnKey(clock.now())
    return makeLambdaHost({
      services: functionServices({ url: gateway.url, region: undefined, key }),
      cacheDir: cacheDir(),
      onLine: (line) => void functionLines.push(line),
    })
  }
  let host: InProcessApp
  try {
    host = await runInProcess({ app: definition, dataDir, clock, random, ...(hasLambdas ? { lambdas } : {}) })
  } catch (error) {
    clock.allow(Number.POSITIVE_INFINITY, definition.name)
    for (const gateway of gateways) await gateway.close()
    removeDir()
    throw error
  }
  const { store } = host
  const nameOf = (thing: string | { readonly name: string }) =>
    typeof thing === 'string' ? thing : thing.name
  let closed: Promise<void> | undefined
  const close = () => {
    clock.allow(Number.POSITIVE_INFINITY, definition.name)
    closed ??= Promise.all(gateways.map((gateway) => gateway.close()))
      .then(() => host.close())
      .then(() => {})
      .finally(removeDir)
    return closed
  }
  return {
    dataDir,
    now: () => clock.now(),
    put(stream, partitionKey, value) {
      const key = new TextEncoder().encode(partitionKey)
      store.commit((transaction) => transaction.append(nameOf(stream), [{ key, data: payload(value) }]))
    },
    async runUntilIdle() {
      clock.allow(wakesMax, definition.name)
      await host.runToEnd()
    },
    async advance(ms) {
      clock.allow(Number.POSITIVE_INFINITY, definition.name)
      await host.advance(ms)
    },
    items<T extends object = Item>(table: string | { readonly name: string }): T[] {
      const text = new TextDecoder()
      // The caller names the type that it expects; the items are what was put.
      return [...store.scan(nameOf(table))].map((item) => JSON.parse(text.decode(plainJson(item))) as T)
    },
    bucket: (bucket) => bucketsOf(store).open(nameOf(bucket)),
    async query<T extends object = Record<string, unknown>>(
      sql: string,
      options: { database?: string } = {},
    ) {
      const query = openLakeQuery({
        catalog: openCatalog({ store }),
        buckets: bucketsOf(store),
        clock,
        store,
      })
      try {
        const { columns, rows } = await query.run(sql, { ...options, values: 'json' })
        const found: T[] = []
        for await (const chunk of rows) {
          for (const row of chunk) {
            const members = columns.map(({ name }, i) => [name, JSON.parse(row[i] ?? 'null')])
            // The caller names the type that it expects; the members are what was asked for.
            found.push(Object.fromEntries(members) as T)
          }
        }
        return found
      } finally {
        await query.close()
      }
    },
    records: (stream): ReadRecord[] => readRecords(store, nameOf(stream)),
    report: () => host.report(),
    functionLog: (name) => functionLines.filter((line) => line.functionName === name).map(({ text }) => text),
    async gateway(settings = {}) {
      const guard = streamGuard(definition)
      const gateway = await openTestGateway({ store, clock, random, guard }, settings)
      gateways.push(gateway)
      return { url: gateway.url }
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** A test writes to no bucket that the app would use: each is where a bucket without a place is. */
function inTestFolders(definition: AppDefinition): AppDefinition {
  const buckets = definition.buckets?.map(({ name }) => ({ name, place: undefined }))
  return buckets === undefined ? definition : { ...definition, buckets }
}

function payload(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  return new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
}

/** Virtual time that refuses to run for ever. */
class CountingClock extends VirtualClock {
  #left = 0
  #app = ''

  allow(wakes: number, app: string): void {
    this.#left = wakes
    this.#app = app
  }

  override async advance(ms: number): Promise<void> {
    if (this.#left-- <= 0) {
      throw new MillraceError(
        'TEST_APP_STUCK',
        `After ${wakesMax} timers the app still has work; a source without an end has no idle state.`,
        { place: `app "${this.#app}"` },
      )
    }
    await super.advance(ms)
  }
}
