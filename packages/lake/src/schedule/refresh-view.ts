/**
 * Makes the rows of a view anew and keeps them as its table (`kept-table.ts`): one Parquet file, which takes the place of the one before
 * in a single transaction with the schedule's tick. Readers see the old rows or the new ones.
 *
 * The object's key follows from the tick and the view's text, so after a kill the same work gives the same object. The file before last is deleted, since a
 * query that began before the change may still read the last one.
 */
import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Store } from '@millrace/store'
import type { Catalog, CatalogView } from '../catalog/catalog-port.ts'
import { keptTableName } from '../catalog/kept-table.ts'
import type { Buckets } from '../objects/object-store.ts'
import type { LakeQuery } from '../query/query-port.ts'
import { duckName, duckTypeText, parseDuckType } from '../schema/duck-type.ts'
import type { LakeColumn } from '../schema/lake-type.ts'
import { claimTick, lastTick } from './ticks.ts'

export interface RefreshServices {
  readonly store: Store
  readonly catalog: Catalog
  readonly buckets: Buckets
  readonly query: LakeQuery
}

/** The bucket of the rows of views that name none. */
export const viewsBucket = 'views'
/** Nobody waits for a refresh. */
const timeoutMs = 3_600_000

export function viewTask(database: string, name: string): string {
  return `view ${database}.${name}`
}

export interface RefreshedView {
  /** False: this tick was done before, by somebody else. */
  readonly isNew: boolean
  readonly rows: number
}

/** Errors: those of queries, CATALOG_NAME_TAKEN. */
export async function refreshView(
  { store, catalog, buckets, query }: RefreshServices,
  view: CatalogView,
  {
    tick,
    bucket = viewsBucket,
    signal,
  }: { readonly tick: number; readonly bucket?: string; readonly signal?: AbortSignal },
): Promise<RefreshedView> {
  const task = viewTask(view.database, view.name)
  const table = keptTableName(view.name)
  const keptFiles = () => catalog.files(view.database, table)
  const isDone = () => (lastTick(store, task, view.updatedAt) ?? Number.NEGATIVE_INFINITY) >= tick
  const nothing = () => ({ isNew: false, rows: keptFiles().reduce((sum, file) => sum + file.rows, 0) })
  if (isDone()) return nothing()
  const options = { database: view.database, timeoutMs, ...(signal === undefined ? {} : { signal }) }
  // The kept rows are read in place of the view everywhere else; here its text is what counts.
  const { columns: found } = await query.describe(view.sql, options)
  const columns = found.map(
    ({ name, type }): LakeColumn => ({ name, type: parseDuckType(type) ?? { kind: 'string' } }),
  )
  const casts = columns.map(
    ({ name, type }) => `CAST(${duckName(name)} AS ${duckTypeText(type)}) AS ${duckName(name)}`,
  )
  const folder = join(store.dir, 'tmp')
  await mkdir(folder, { recursive: true })
  const path = join(folder, `${view.database}.${view.name}.${tick}.parquet`)
  try {
    const sql = `SELECT ${casts.join(', ')} FROM (\n${view.sql.replace(/[;\s]+$/, '')}\n)`
    const { rows } = await query.export(sql, { path, format: 'parquet' }, options)
    const { size } = await stat(path)
    const prefix = `${view.database}/${view.name}/`
    const key = `${prefix}${new Date(tick).toISOString()}-${view.updatedAt}.parquet`
    const objects = buckets.open(bucket)
    // The object of a tick that is done is what queries read.
    if (isDone()) return nothing()
    await objects.put(key, { file: path, isMove: true })
    let before: readonly string[] = []
    const isNew = store.commit((transaction) => {
      if (!claimTick(transaction, task, { tick, edition: view.updatedAt })) return false
      // In the transaction: somebody else may have worked for another tick until now.
      before = keptFiles().map((file) => file.key)
      catalog.write((writer) => {
        const { version } = writer.putTable({
          database: view.database,
          name: table,
          format: 'parquet',
          bucket,
          location: prefix,
          columns,
          partitionKeys: [],
          kind: 'managed',
          parameters: { view: view.name },
        })
        writer.removeFiles(view.database, table, before)
        writer.addFiles(view.database, table, [{ key, bytes: size, rows, partition: [], version }])
      }, transaction)
      return true
    })
    if (isNew) {
      const { objects: all } = await objects.list(prefix)
      // Those that come after it in the order of ticks are being made by somebody else.
      const old = all.map((object) => object.key).filter((each) => each < key && !before.includes(each))
      await objects.delete(old)
    }
    return { isNew, rows }
  } finally {
    await rm(path, { force: true })
  }
}
