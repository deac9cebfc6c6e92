/**
 * Compaction of managed tables: many small Parquet files of one partition become one, beside deliveries and readers.
 *
 *   plan (commit) -> rewrite and put -> swap in the catalog (commit) -> after the grace, delete the inputs -> forget the plan (commit)
 *
 * Exactly once for readers: the swap is one transaction, so whoever asks the catalog sees the inputs or the output, never both. Whoever
 * asked before reads the inputs' objects, which stay for the grace time. Killed anywhere, the next pass goes on: a plan is made again
 * under the same key with the same rows, or dropped with its output if its inputs are the table's no more.
 *
 * Several compactors of one process may work on a store, each in a folder of its own: of two that make one plan, one swaps. Files are
 * chosen anew in each pass (choose-files.ts). Tables of other formats than Parquet stay as they are; Iceberg's have a compaction of
 * their own.
 */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Store, Transaction } from '@millrace/store'
import type { Clock } from '@millrace/values'
import type { Catalog, CatalogFile, CatalogTable } from '../catalog/catalog-port.ts'
import { LakeError } from '../errors.ts'
import type { Buckets } from '../objects/object-store.ts'
import { type CompactionSize, chooseRuns } from './choose-files.ts'
import {
  type CompactionPlan,
  compactionsTable,
  dropPlan,
  makePlan,
  readPlans,
  stateOf,
  writePlan,
} from './compaction-plan.ts'
import { rewriteFiles } from './rewrite-files.ts'

export interface CompactorOptions {
  readonly store: Store
  readonly catalog: Catalog
  readonly buckets: Buckets
  readonly clock: Clock
  /** For files on their way; made when needed, of one compactor. */
  readonly dir: string
  /** How long objects stay that are no files of the table any more: 15 minutes unless given. */
  readonly graceMs?: number
  /** Of DuckDB: 512 MB unless given; what does not fit spills to `dir`. */
  readonly memoryBytes?: number
  /** For tests that stop in the middle: called before each step that others can see. */
  readonly onStep?: (step: CompactionStep, plan: CompactionPlan) => void | Promise<void>
}

export type CompactionStep = 'plan' | 'put' | 'swap' | 'delete' | 'forget'

export interface CompactionReport {
  readonly database: string
  readonly name: string
  /** Files that became fewer, and what they became. */
  readonly filesBefore: number
  readonly filesAfter: number
  readonly bytesBefore: number
  readonly bytesAfter: number
  readonly rows: number
}

export interface Compactor {
  /** Does what there is to do for one table. Errors: CATALOG_TABLE_MISSING, CATALOG_TABLE_EXTERNAL, COMPACTION_FAILED, OBJECT_*. */
  compact(table: TableOf, size?: Partial<CompactionSize>, signal?: AbortSignal): Promise<CompactionReport>
  /**
   * All tables that ask for it by their parameters, after what earlier runs have left. A table that fails does not keep others from
   * being done: `failed` is told. When the signal aborts, nothing new is begun.
   */
  pass(failed: (table: TableOf, error: unknown) => void, signal?: AbortSignal): Promise<CompactionReport[]>
}

export interface TableOf {
  readonly database: string
  readonly name: string
}

/** Parameters of a table of the catalog that ask for compaction. */
export const compactParameter = 'compact.target-bytes'
export const compressionParameter = 'compact.compression'

const targetBytesDefault = 128 * 1024 * 1024
const filesMinDefault = 4
const graceMsDefault = 15 * 60_000
const memoryBytesDefault = 512 * 1024 * 1024
/** A file is read whole where it is remote, so a run takes no more than this many. */
const inputsMax = 1_000
const compressions = ['snappy', 'zstd', 'gzip', 'uncompressed']

export function openCompactor(options: CompactorOptions): Compactor {
  options.store.defineTable(compactionsTable)
  return new StoredCompactor(options)
}

class StoredCompactor implements Compactor {
  readonly #options: CompactorOptions

  constructor(options: CompactorOptions) {
    this.#options = options
  }

  async compact(
    { database, name }: TableOf,
    size: Partial<CompactionSize> = {},
    signal?: AbortSignal,
  ): Promise<CompactionReport> {
    const { store } = this.#options
    const table = this.#table({ database, name })
    const before = table.parameters[compactParameter]
    const wanted: CompactionSize = {
      targetBytes: size.targetBytes ?? (before === undefined ? targetBytesDefault : Number(before)),
      filesMin: size.filesMin ?? filesMinDefault,
    }
    const report = { database, name, filesBefore: 0, filesAfter: 0, bytesBefore: 0, bytesAfter: 0, rows: 0 }
    const failures: unknown[] = []
    for (const plan of readPlans(store, table))
      await this.#resume(plan).catch((error: unknown) => failures.push(error))
    for (const files of this.#runs(table, wanted)) {
      if (signal?.aborted) break
      const plan = makePlan(table, files)
      await this.#step('plan', plan)
      const isPlanned = store.commit((transaction) => {
        // Whoever abandons the same plan may be about to delete the object that it would put.
        if (stateOf(transaction, plan) === 'abandoned') return false
        writePlan(transaction, plan)
        return true
      })
      if (!isPlanned) continue
      try {
        const made = await this.#make(plan)
        if (made === undefined) continue
        report.filesBefore += files.length
        report.filesAfter++
        report.bytesBefore += files.reduce((sum, file) => sum + file.bytes, 0)
        report.bytesAfter += made.bytes
        report.rows += made.rows
      } catch (error) {
        failures.push(error)
      }
    }
    // What could be done is done.
    if (failures.length > 0) throw failures[0]
    return report
  }

  async pass(
    failed: (table: TableOf, error: unknown) => void,
    signal?: AbortSignal,
  ): Promise<CompactionReport[]> {
    const { store, catalog } = this.#options
    const reports: CompactionReport[] = []
    const tables = catalog.databases().flatMap((database) => catalog.tables(database.name))
    const asking = tables.filter(
      (table) => table.parameters[compactParameter] !== undefined && canCompact(table),
    )
    const isAsking = new Set(asking.map(({ database, name }) => `${database}.${name}`))
    // Of tables that ask no more, or are gone.
    for (const plan of readPlans(store)) {
      if (isAsking.has(`${plan.database}.${plan.name}`)) continue
      await this.#resume(plan).catch((error: unknown) => failed(plan, error))
    }
    for (const table of asking) {
      if (signal?.aborted) break
      try {
        const report = await this.compact(table, {}, signal)
        if (report.filesBefore > 0) reports.push(report)
      } catch (error) {
        failed(table, error)
      }
    }
    return reports
  }

  /** Chosen for each partition when its turn comes. */
  *#runs(table: CatalogTable, size: CompactionSize): Generator<CatalogFile[]> {
    const { catalog } = this.#options
    for (const { values } of catalog.partitions(table.database, table.name)) {
      for (const run of chooseRuns([...catalog.files(table.database, table.name, values)], size))
        for (let from = 0; from + 1 < run.length; from += inputsMax) yield run.slice(from, from + inputsMax)
    }
  }

  /** Goes on with what an earlier run has begun. */
  async #resume(plan: CompactionPlan): Promise<void> {
    if (plan.state === 'planned') await this.#make(plan)
    else if (plan.state === 'abandoned') await this.#forget(plan, [plan.output])
    else if (this.#options.clock.now() >= (plan.deleteAt ?? 0)) await this.#forget(plan, plan.inputs)
  }

  /** Undefined: the inputs are not the table's any more. */
  async #make(plan: CompactionPlan): Promise<{ bytes: number; rows: number } | undefined> {
    const { store, catalog, graceMs = graceMsDefault } = this.#options
    const version = catalog.table(plan.database, plan.name, plan.version)
    if (version === undefined || !this.#isCurrent(plan)) {
      await this.#abandon(plan)
      return undefined
    }
    let made: { bytes: number; rows: number }
    try {
      made = await this.#put(plan, version)
    } catch (error) {
      // With these files it will not work another time either; of other failures the plan is tried again.
      if (error instanceof LakeError && error.code === 'COMPACTION_FAILED') await this.#abandon(plan)
      throw error
    }
    await this.#step('swap', plan)
    const isSwapped = store.commit((transaction) => {
      // What was looked at before may have changed while the file was written.
      if (stateOf(transaction, plan) !== 'planned' || !this.#isCurrent(plan)) return false
      this.#swap(transaction, plan, made, transaction.time + graceMs)
      return true
    })
    if (isSwapped) return made
    await this.#abandon(plan)
    return undefined
  }

  /**
   * Noted before the output is deleted: another compactor that has put it would list it otherwise. What that one has listed, or
   * abandoned, is its own.
   */
  async #abandon(plan: CompactionPlan): Promise<void> {
    const abandoned: CompactionPlan = { ...plan, state: 'abandoned' }
    const isOurs = this.#options.store.commit((transaction) => {
      const state = stateOf(transaction, plan)
      if (state !== undefined && state !== 'planned') return false
      writePlan(transaction, abandoned)
      return true
    })
    if (isOurs) await this.#forget(abandoned, [plan.output])
  }

  async #put(plan: CompactionPlan, version: CatalogTable): Promise<{ bytes: number; rows: number }> {
    const { buckets, dir, memoryBytes = memoryBytesDefault } = this.#options
    const bucket = buckets.open(plan.bucket)
    await mkdir(dir, { recursive: true })
    const output = join(dir, `${plan.id}.parquet`)
    try {
      const inputs: string[] = []
      for (const key of plan.inputs) inputs.push(await bucket.localFile(key))
      const compression = version.parameters[compressionParameter]?.toLowerCase() ?? 'snappy'
      const { rows } = await rewriteFiles({
        inputs,
        output,
        columns: version.columns,
        compression: compressions.includes(compression) ? compression : 'snappy',
        memoryBytes,
      })
      if (rows !== plan.rows) {
        throw new LakeError(
          'COMPACTION_FAILED',
          `${plan.inputs.length} files of table "${plan.database}.${plan.name}" have ${rows} rows, but the catalog lists ${plan.rows}: ` +
            `somebody has changed an object. Nothing was replaced; look at ${plan.inputs[0] ?? ''} and its neighbours.`,
        )
      }
      await this.#step('put', plan)
      const object = await bucket.put(plan.output, { file: output, isMove: true })
      if (object === undefined) throw new Error('lake invariant: the put of a compaction was not conditional')
      return { bytes: object.bytes, rows }
    } finally {
      await rm(output, { force: true })
    }
  }

  #swap(
    transaction: Transaction,
    plan: CompactionPlan,
    made: { bytes: number; rows: number },
    deleteAt: number,
  ): void {
    const { database, name, partition, version, output, inputs } = plan
    this.#options.catalog.write((writer) => {
      writer.removeFiles(database, name, inputs)
      writer.addFiles(database, name, [{ key: output, ...made, partition, version }])
    }, transaction)
    writePlan(transaction, { ...plan, state: 'swapped', deleteAt })
  }

  /** Deletes objects that are no files of the table, and then the plan. */
  async #forget(plan: CompactionPlan, keys: readonly string[]): Promise<void> {
    const { store, catalog, buckets } = this.#options
    await this.#step('delete', plan)
    const listed = new Set(
      [...catalog.files(plan.database, plan.name, plan.partition)].map((file) => file.key),
    )
    await buckets.open(plan.bucket).delete(keys.filter((key) => !listed.has(key)))
    await this.#step('forget', plan)
    // Another compactor may have brought it further meanwhile; then it is that one's.
    store.commit((transaction) => dropPlan(transaction, plan))
  }

  #isCurrent({ database, name, partition, inputs, bucket }: CompactionPlan): boolean {
    const { catalog } = this.#options
    const table = catalog.table(database, name)
    if (table === undefined || table.bucket !== bucket || !canCompact(table)) return false
    const listed = new Set([...catalog.files(database, name, partition)].map((file) => file.key))
    return inputs.every((key) => listed.has(key))
  }

  #table({ database, name }: TableOf): CatalogTable {
    const table = this.#options.catalog.table(database, name)
    if (table === undefined)
      throw new LakeError('CATALOG_TABLE_MISSING', `there is no table "${database}.${name}".`)
    if (canCompact(table)) return table
    throw new LakeError(
      'CATALOG_TABLE_EXTERNAL',
      `table "${database}.${name}" is ${table.kind}, of format ${table.format}. Managed tables of Parquet files can be compacted.`,
    )
  }

  async #step(step: CompactionStep, plan: CompactionPlan): Promise<void> {
    await this.#options.onStep?.(step, plan)
  }
}

function canCompact(table: CatalogTable): boolean {
  return table.kind === 'managed' && table.format === 'parquet'
}
