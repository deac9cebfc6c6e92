/**
 * An Iceberg table as the destination of a delivery: records become changes (upsert/envelope), a batch becomes one snapshot under the id of
 * its plan, so that a batch that is committed again after a stop changes nothing. The table is made with its first batch, follows the
 * columns that the delivery names as far as it is told to, and is shown in the catalog, so that SQL finds it.
 *
 * After every so many commits its small files and deletions are put together and old snapshots expire, in the background; what goes wrong
 * there is told and tried again later. Where batches come so fast that it is never done, the next one waits for it.
 */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock, Random } from '@millrace/values'
import type { Catalog, CatalogWriter } from '../../catalog/catalog-port.ts'
import type { IcebergDestination } from '../../delivery/delivery-settings.ts'
import type { DeliveryTarget, TargetBatch, TargetCommit } from '../../delivery/delivery-target.ts'
import type { Duck } from '../../duck/duck-port.ts'
import { openDuck } from '../../duck/open-duck.ts'
import type { ObjectStore } from '../../objects/object-store.ts'
import { openParquetWriter, type ParquetWriter } from '../../parquet/open-parquet-writer.ts'
import type { LakeColumn } from '../../schema/lake-type.ts'
import type { Table } from '../table/open-table.ts'
import { applyChanges } from '../upsert/apply-changes.ts'
import { ChangeRows } from '../upsert/change-rows.ts'
import { makeEnvelope } from '../upsert/envelope/make-envelope.ts'
import type { UpsertOptions } from '../upsert/upsert-options.ts'
import { deliveredColumns, evolveDeliveredTable, openDeliveredTable } from './delivered-table.ts'
import { catalogOf } from './destination-catalog.ts'
import { keepTableSmall } from './keep-table-small.ts'

export interface IcebergTargetOptions {
  /** Name of the delivery: writer of the commits. */
  readonly delivery: string
  readonly destination: IcebergDestination
  readonly store: ObjectStore
  /** That copies of remote objects are kept in. */
  readonly cacheDir: string
  /** A folder of this target's own. */
  readonly scratchDir: string
  /** That shows the table to SQL. */
  readonly catalog: Pick<Catalog, 'table'> | undefined
  /** Of the catalog's table, whose columns are followed where the destination says so; the newest unless given. */
  readonly version?: number
  readonly clock: Clock
  readonly random: Random
  /** Told of what goes wrong in the background. */
  readonly onProblem: (error: unknown) => void
  /** For DuckDB: 512 MiB unless given. */
  readonly memoryBytes?: number
  readonly threads?: number
}

const memoryDefault = 512 * 1024 * 1024
/** Commits until the table is looked at; a commit of a minute's records makes it half an hour. */
const keepSmallEvery = 30

/** What is opened with the first commit. */
interface Workshop {
  readonly duck: Duck
  readonly writer: ParquetWriter
  readonly table: Table
}

/** Errors: UPSERT_INVALID and those of a table's columns are of the first commit. */
export function makeIcebergTarget(options: IcebergTargetOptions): DeliveryTarget {
  return new IcebergTarget(options)
}

class IcebergTarget implements DeliveryTarget {
  readonly name: string
  readonly #options: IcebergTargetOptions
  readonly #columns: readonly LakeColumn[]
  readonly #closing = new AbortController()
  #workshop: Promise<Workshop> | undefined
  #commits = 0
  #background: Promise<void> | undefined
  /** The last time others kept it from being done. */
  #isOvertaken = false
  #file = 0

  constructor(options: IcebergTargetOptions) {
    const { destination, catalog, version } = options
    const { database, name } = destination.table
    this.name = `${database}.${name}`
    this.#options = options
    this.#columns = deliveredColumns(destination, catalog?.table(database, name, version))
  }

  begin(): TargetBatch {
    const { key, precombine, envelope, keys } = this.#options.destination
    const rows = new ChangeRows({
      columns: this.#columns,
      key,
      ...(precombine === undefined ? {} : { precombine }),
      envelope: makeEnvelope(envelope),
      ...(keys === undefined
        ? {}
        : { serde: { kind: 'openx', caseInsensitive: true, dotsToUnderscores: false, keys } }),
    })
    return {
      add: ({ data }) => rows.add(data),
      get rows() {
        // A truncation alone is work, too.
        return rows.rows + (rows.isTruncated ? 1 : 0)
      },
      get bytes() {
        return rows.bytes
      },
      commit: (id) => this.#commit(rows, id),
      close: () => rows.clear(),
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#background
    const workshop = await this.#workshop?.catch(() => undefined)
    workshop?.writer.close()
    workshop?.duck.close()
    await rm(this.#options.scratchDir, { recursive: true, force: true })
  }

  async #commit(rows: ChangeRows, id: string): Promise<TargetCommit> {
    const { delivery, destination, scratchDir, clock, random } = this.#options
    const { duck, writer, table } = await this.#open()
    await evolveDeliveredTable(table, this.#columns, destination)
    if (this.#isOvertaken) await this.#background
    const path = join(scratchDir, `changes-${this.#file++}.parquet`)
    const { source, close } = await rows.toSource(writer, path)
    try {
      const { key, precombine, mode } = destination
      const settings: UpsertOptions = {
        key,
        ...(precombine === undefined ? {} : { precombine }),
        mode,
        commit: { writer: delivery, id },
        duck,
        scratchDir,
        clock,
        random,
      }
      const { upserted, deleted, superseded } = await applyChanges(table, source, settings)
      this.#commits++
      if (this.#commits % keepSmallEvery === 0) this.#keepSmall(duck, table)
      return {
        rows: { upserted, deleted, superseded },
        register: (catalog) => this.#register(catalog, table),
      }
    } finally {
      await close()
    }
  }

  async #open(): Promise<Workshop> {
    this.#workshop ??= this.#openOnce()
    try {
      return await this.#workshop
    } catch (error) {
      // What kept it from being opened may pass.
      this.#workshop = undefined
      throw error
    }
  }

  async #openOnce(): Promise<Workshop> {
    const {
      scratchDir,
      store,
      cacheDir,
      destination,
      clock,
      memoryBytes = memoryDefault,
      threads = 2,
    } = this.#options
    await mkdir(scratchDir, { recursive: true })
    const folders = [
      scratchDir,
      cacheDir,
      ...(store.url.startsWith('file:') ? [fileURLToPath(store.url)] : []),
    ]
    const duck = await openDuck({ memoryBytes, threads, folders, spillDir: join(scratchDir, 'spill') })
    try {
      const catalog = await catalogOf(destination, store, clock)
      const table = await openDeliveredTable(catalog, { columns: this.#columns, destination, store, clock })
      return { duck, table, writer: await openParquetWriter({ duck }) }
    } catch (error) {
      duck.close()
      throw error
    }
  }

  #keepSmall(duck: Duck, table: Table): void {
    if (this.#background !== undefined) return
    const { scratchDir, clock, onProblem } = this.#options
    this.#background = keepTableSmall(table, {
      duck,
      scratchDir: join(scratchDir, 'compaction'),
      clock,
      signal: this.#closing.signal,
    })
      .then((isDone) => {
        this.#isOvertaken = !isDone
      }, onProblem)
      .finally(() => {
        this.#background = undefined
      })
  }

  #register(writer: CatalogWriter, table: Table): void {
    const { destination, catalog } = this.#options
    const { database, name } = destination.table
    const { columns } = table.schema
    const known = catalog?.table(database, name)
    // What was added there and is not in the table yet stays to be followed.
    const waiting = (known?.columns ?? []).filter((column) =>
      columns.every((each) => each.name !== column.name),
    )
    writer.putDatabase(database)
    writer.putTable({
      database,
      name,
      format: 'iceberg',
      bucket: destination.bucket,
      location: `${database}/${name}/`,
      columns: [...columns, ...waiting],
      partitionKeys: [],
      kind: 'managed',
      parameters: {
        ...known?.parameters,
        ...(destination.key.length === 0 ? {} : { key: destination.key.join(',') }),
        ...(destination.catalog === undefined ? {} : { catalog: destination.catalog.url }),
      },
    })
  }
}
