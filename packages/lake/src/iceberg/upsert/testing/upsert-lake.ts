/** A lake in a folder for tests of upserts: a catalog, DuckDB that may read it, and a clock whose waits cost nothing. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, type Random, seededRandom } from '@millrace/values'
import type { Duck } from '../../../duck/duck-port.ts'
import { openDuck } from '../../../duck/open-duck.ts'
import { FolderObjectStore } from '../../../objects/folder-object-store.ts'
import type { ObjectStore } from '../../../objects/object-store.ts'
import { duckName } from '../../../schema/duck-type.ts'
import { type NewTable, newTableUpdates } from '../../catalog/create-table.ts'
import { FolderCatalog } from '../../catalog/folder-catalog.ts'
import { scanFiles } from '../../duck/scan-sql.ts'
import { openTable } from '../../table/open-table.ts'
import type { TableCatalog, TableName } from '../../table-catalog.ts'
import type { IcebergTable, SnapshotAt } from '../../table-port.ts'
import type { UpsertOptions } from '../upsert-options.ts'

/** Goes on by itself: whoever waits gets the time that it waits for. */
export class QuickClock implements Clock {
  #now: number

  constructor(now: number) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  async sleep(ms: number): Promise<void> {
    this.#now += ms
  }
}

export interface UpsertLake {
  readonly dir: string
  readonly scratchDir: string
  readonly store: ObjectStore
  readonly catalog: TableCatalog
  readonly duck: Duck
  readonly clock: Clock
  readonly random: Random
  readonly name: TableName
  create(table: NewTable): Promise<IcebergTable>
  /** Another handle of the same table, perhaps over another store. */
  open(store?: ObjectStore): Promise<IcebergTable>
  options(settings: Omit<UpsertOptions, 'duck' | 'scratchDir' | 'clock' | 'random'>): UpsertOptions
  /** Rows as text, each a list of the columns' values, sorted. */
  read(table: IcebergTable, at?: SnapshotAt): Promise<string[]>
  close(): void
}

export async function openUpsertLake(
  seed: string,
  options: { readonly memoryBytes?: number } = {},
): Promise<UpsertLake> {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-upsert-'))
  const lakeDir = join(dir, 'lake')
  const scratchDir = join(dir, 'scratch')
  const clock = new QuickClock(Date.parse('2026-11-21T10:00:00Z'))
  const store = new FolderObjectStore({ name: 'lake', dir: lakeDir, clock })
  const catalog = new FolderCatalog(store, { clock })
  const duck = await openDuck({
    memoryBytes: options.memoryBytes ?? 512e6,
    threads: 2,
    folders: [dir],
    spillDir: join(dir, 'spill'),
  })
  const random = seededRandom(seed)
  const name = { namespace: ['sales'], name: 'orders' }
  await catalog.createNamespace(['sales'])
  return {
    dir,
    scratchDir,
    store,
    catalog,
    duck,
    clock,
    random,
    name,
    async create(table) {
      await catalog.createTable(name, newTableUpdates(table))
      return openTable(catalog, name, { store, clock })
    },
    open: (other = store) => openTable(new FolderCatalog(other, { clock }), name, { store: other, clock }),
    options: (settings) => ({ ...settings, duck, scratchDir, clock, random }),
    async read(table, at) {
      const connection = await duck.connect()
      try {
        const { tasks, schema } = await table.plan(at === undefined ? {} : { at })
        const columns = table.schema.columns.filter(({ fieldId }) =>
          schema.fields.some(({ id }) => id === fieldId),
        )
        const scan = await scanFiles(connection, { table, tasks, columns, id: 'read' })
        const names = columns.map(({ name: column }) => `CAST(${duckName(column)} AS VARCHAR)`).join(', ')
        const result = await connection.runAndReadAll(`SELECT ${names} FROM ${scan.sql}`)
        await scan.close()
        return result
          .getRows()
          .map((row) => row.map((value) => value ?? '~').join('|'))
          .sort()
      } finally {
        connection.closeSync()
      }
    },
    close() {
      duck.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
