/** A data directory with streams, and a notebook host on it; cells run in real processes. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  AppDoor,
  CellAccess,
  CellDialect,
  CellOutcome,
  CellValue,
  NotebookHost,
} from '@millrace/console'
import { openStore, type Store } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { expect } from 'vitest'
import { openLake } from '../cli/lake/open-lake.ts'
import { openNotebookHost } from './notebook-host.ts'

const encoder = new TextEncoder()

export class NotebookKit {
  readonly folder: string
  readonly store: Store
  readonly host: NotebookHost
  readonly #close: () => Promise<void>

  private constructor(folder: string, store: Store, host: NotebookHost, close: () => Promise<void>) {
    this.folder = folder
    this.store = store
    this.host = host
    this.#close = close
  }

  static async open(
    settings: { readonly app?: AppDoor; readonly memoryBytes?: number } = {},
  ): Promise<NotebookKit> {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-notebook-'))
    const store = await openStore({ dir: join(folder, 'data'), clock: systemClock })
    const lake = openLake(store.dir, store)
    const { app, memoryBytes } = settings
    const host = openNotebookHost({
      store,
      clock: systemClock,
      lake,
      app,
      folder,
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
    })
    return new NotebookKit(folder, store, host, async () => {
      await host.close()
      await lake.query.close()
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    })
  }

  stream(name: string, shards = 1): void {
    this.store.defineStream({ name, shards, retentionMs: 3_600_000 })
  }

  put(stream: string, ...values: readonly unknown[]): void {
    this.store.commit((transaction) =>
      transaction.append(
        stream,
        values.map((value, i) => ({
          key: encoder.encode(String(i)),
          data: encoder.encode(typeof value === 'string' ? value : JSON.stringify(value)),
        })),
      ),
    )
  }

  run(
    text: string,
    settings: {
      readonly dialect?: CellDialect
      readonly before?: readonly string[]
      readonly rows?: number
      readonly access?: CellAccess
    } = {},
  ): CellResult {
    return new CellResult(this.host, text, settings)
  }

  async close(): Promise<void> {
    await this.#close()
  }
}

/** A run, and what a page would show of it. */
export class CellResult {
  readonly outcomes: CellOutcome[] = []
  readonly rows = new Map<number, readonly CellValue[]>()
  readonly #running: { stop(): Promise<void> }

  constructor(
    host: NotebookHost,
    text: string,
    {
      dialect = 'flink',
      before = [],
      rows = 1_000,
      access,
    }: {
      readonly dialect?: CellDialect
      readonly before?: readonly string[]
      readonly rows?: number
      readonly access?: CellAccess
    },
  ) {
    const allowed = access === undefined ? {} : { access }
    this.#running = host.run({ dialect, text, before, rows, from: 'earliest', ...allowed }, (outcome) => {
      this.outcomes.push(outcome)
      if (outcome.kind === 'columns') this.rows.clear()
      if (outcome.kind !== 'rows') return
      if (outcome.isWhole) this.rows.clear()
      for (const id of outcome.removed) this.rows.delete(id)
      for (const [id, values] of outcome.put) this.rows.set(id, values)
    })
  }

  /** In the order that a page shows. */
  get table(): (readonly CellValue[])[] {
    return [...this.rows].sort(([a], [b]) => a - b).map(([, values]) => values)
  }

  get done(): Extract<CellOutcome, { kind: 'done' }> | undefined {
    return this.outcomes.find((outcome) => outcome.kind === 'done')
  }

  get progress(): Extract<CellOutcome, { kind: 'progress' }> | undefined {
    return this.outcomes.findLast((outcome) => outcome.kind === 'progress')
  }

  get texts(): string[] {
    return this.outcomes.flatMap((outcome) => (outcome.kind === 'text' ? [outcome.text] : []))
  }

  /** A machine that does much else takes its time to start a process. */
  async until(holds: () => boolean): Promise<void> {
    await expect
      .poll(() => holds() || JSON.stringify(this.outcomes.slice(-4)).slice(0, 2_000), {
        timeout: 20_000,
        interval: 20,
      })
      .toBe(true)
  }

  async ended(): Promise<Extract<CellOutcome, { kind: 'done' }>> {
    await this.until(() => this.done !== undefined)
    // Just waited for.
    return this.done!
  }

  stop(): Promise<void> {
    return this.#running.stop()
  }
}
