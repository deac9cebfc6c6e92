/**
 * Exports of tables to files, as calls ask for them: begun at once, written by a thread of their own, and looked at later.
 * A bucket is a folder under `exports/` of the data directory.
 *
 * What is known of an export is an item in the store, { "id", "value" }, so that it can be described after a restart; one
 * that a stop has cut short has failed. Those of a table that was deleted stay, as their files do.
 */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Store, TableDefinition } from '@millrace/store'
import type { Clock } from '@millrace/values'
import type { ExportJob, ExportOutcome } from './export-worker.ts'

const table: TableDefinition = {
  name: 'system.dynamodb-exports',
  partitionKey: { name: 'id', type: 'string' },
}

/** Works from src and from dist alike. */
const workerEntry = new URL('../../../dist/dynamodb/exports/export-worker.js', import.meta.url)

export interface StoredExport {
  readonly id: string
  readonly table: string
  readonly account: string
  readonly status: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED'
  /** Times in ms. */
  readonly begunAt: number
  readonly endedAt?: number
  /** The moment that was asked for; else that of the beginning. */
  readonly atMs?: number
  readonly bucket: string
  readonly prefix?: string
  readonly token: string
  readonly manifest?: string
  readonly items?: number
  readonly bytes?: number
  readonly failure?: { readonly code: string; readonly message: string }
}

export class TableExports {
  readonly #store: Store
  readonly #clock: Clock
  readonly #region: string
  readonly #running = new Set<Promise<void>>()

  constructor({ store, clock, region }: { store: Store; clock: Clock; region: string }) {
    this.#store = store
    this.#clock = clock
    this.#region = region
    store.defineTable(table)
    for (const each of this.all()) {
      if (each.status === 'IN_PROGRESS') this.#fail(each, 'ServerStopped', 'the server was stopped meanwhile')
    }
  }

  /** Oldest first. */
  all(): StoredExport[] {
    // Only #put writes these items.
    const parse = (json: Uint8Array): StoredExport =>
      (JSON.parse(Buffer.from(json).toString('utf8')) as { value: StoredExport }).value
    return [...this.#store.scan(table.name)].map(({ json }) => parse(json))
  }

  get(id: string): StoredExport | undefined {
    return this.all().find((each) => each.id === id)
  }

  start(
    wanted: Pick<StoredExport, 'table' | 'account' | 'atMs' | 'bucket' | 'prefix' | 'token'>,
  ): StoredExport {
    const begunAt = Math.floor(this.#clock.now())
    const id = `${String(begunAt).padStart(14, '0')}-${randomUUID().slice(0, 8)}`
    const begun: StoredExport = { id, status: 'IN_PROGRESS', begunAt, ...wanted }
    this.#put(begun)
    const running = this.#run(begun).finally(() => this.#running.delete(running))
    this.#running.add(running)
    return begun
  }

  /** Resolves when those that run have ended. To be called before the store is closed. */
  async close(): Promise<void> {
    await Promise.all(this.#running)
  }

  async #run(begun: StoredExport): Promise<void> {
    const { table: name, account, atMs, bucket, prefix, begunAt } = begun
    const job: ExportJob = {
      share: this.#store.share(),
      table: name,
      dir: join(this.#store.dir, 'exports', bucket, ...(prefix === undefined ? [] : [prefix])),
      ...(atMs === undefined ? {} : { atMs }),
      nowMs: begunAt,
      region: this.#region,
      account,
    }
    const outcome = await runWorker(job)
    if ('code' in outcome) {
      this.#fail(begun, outcome.code, outcome.message)
      return
    }
    const { path, items, bytes } = outcome.done
    const manifest = `${path.slice(path.lastIndexOf('AWSDynamoDB'))}/manifest-summary.json`
    const done = { status: 'COMPLETED', endedAt: this.#clock.now(), manifest, items, bytes } as const
    this.#put({ ...begun, ...done })
  }

  #fail(begun: StoredExport, code: string, message: string): void {
    this.#put({ ...begun, status: 'FAILED', endedAt: this.#clock.now(), failure: { code, message } })
  }

  #put(value: StoredExport): void {
    const json = Buffer.from(JSON.stringify({ id: value.id, value }))
    this.#store.commit((transaction) => transaction.putItem(table.name, value.id, undefined, json))
  }
}

function runWorker(job: ExportJob): Promise<ExportOutcome> {
  return new Promise((resolve) => {
    const failed = (message: string): void => resolve({ code: 'ExportFailed', message })
    const worker = new Worker(workerEntry, { name: `export of ${job.table}`, workerData: job })
    worker.on('message', (outcome: ExportOutcome) => resolve(outcome))
    worker.on('error', (error) => failed(error.message))
    worker.on('exit', (code) => failed(`its thread ended with ${code}`))
  })
}
