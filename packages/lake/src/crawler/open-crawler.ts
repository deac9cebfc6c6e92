/**
 * The crawler: looks at the objects below a prefix and makes or updates external tables of them in the catalog. A table's columns are
 * those of all its files together, each of a type in which the values of all have room; a change makes a new version, and a table that
 * stays as it is none.
 *
 * No file breaks it: one that cannot be read, is of another format than most, or stands in other folders is named with the reason, and
 * so is one whose columns differ from the table's. What was seen of a file is remembered by its content as long as the crawler is open.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Catalog, TableFormat } from '../catalog/catalog-port.ts'
import { LakeError } from '../errors.ts'
import type { Buckets, ObjectStore } from '../objects/object-store.ts'
import { DuckSessions } from '../query/duck-session.ts'
import { listObjects } from '../query/external-files.ts'
import { FileInspector, type Inspected } from '../query/inspect-files.ts'
import { pathText } from '../query/path-list.ts'
import { duckTypeText, parseDuckType } from '../schema/duck-type.ts'
import type { LakeColumn } from '../schema/lake-type.ts'
import { sameType, widenColumns } from '../schema/widen-type.ts'
import { type FileForm, fileForm } from './file-form.ts'
import { type FoundObject, type FoundTable, findTables } from './find-tables.ts'
import { partitionColumns } from './partition-types.ts'

export interface CrawlTarget {
  readonly bucket: string
  /** Of keys; a table is below it, or several. */
  readonly prefix: string
  readonly database: string
  /** Into the tables' parameters: who made them. */
  readonly crawler?: string
}

export interface CrawlReport {
  readonly tables: readonly CrawledTable[]
  /** Tables that a crawl may not touch, since their files are managed. */
  readonly kept: readonly { readonly name: string; readonly reason: string }[]
}

export interface CrawledTable {
  readonly name: string
  readonly outcome: 'made' | 'changed' | 'unchanged'
  readonly version: number
  readonly format: TableFormat
  readonly location: string
  readonly files: number
  readonly columns: readonly LakeColumn[]
  readonly partitionKeys: readonly LakeColumn[]
  readonly differing: readonly { readonly key: string; readonly how: string }[]
}

export interface Crawler {
  /** Errors: CATALOG_NAME_INVALID of the database, OBJECT_STORE_FAILED. */
  crawl(target: CrawlTarget, signal?: AbortSignal): Promise<CrawlReport>
  close(): Promise<void>
}

export function openCrawler(services: { readonly catalog: Catalog; readonly buckets: Buckets }): Crawler {
  return new LakeCrawler(services)
}

const memoryBytes = 512 * 2 ** 20
/** Files that are looked at at the same time. */
const atOnce = 16
/** Files whose form is remembered. */
const rememberedMax = 50_000
/** Rows of a text file from which its types are told. */
const sampleRows = 20_480

interface SeenFile {
  readonly file: FoundTable['files'][number]
  readonly path: string
  readonly id: string
  readonly form: FileForm
}

interface ReadFile extends SeenFile {
  readonly columns: readonly LakeColumn[]
  /** Of CSV. */
  readonly csv: { readonly header: boolean; readonly delimiter: string } | undefined
}

class LakeCrawler implements Crawler {
  readonly #catalog: Catalog
  readonly #buckets: Buckets
  readonly #sessions = new DuckSessions({ memoryBytes, threads: 2 })
  readonly #inspector = new FileInspector()
  readonly #forms = new Map<string, FileForm>()
  readonly #columns = new Map<string, readonly LakeColumn[]>()

  constructor({ catalog, buckets }: { readonly catalog: Catalog; readonly buckets: Buckets }) {
    this.#catalog = catalog
    this.#buckets = buckets
  }

  async crawl(target: CrawlTarget, signal?: AbortSignal): Promise<CrawlReport> {
    const store = this.#buckets.open(target.bucket)
    const objects: FoundObject[] = []
    for await (const { key, bytes, etag, modifiedAt } of listObjects(store, target.prefix))
      objects.push({ key, bytes, stamp: `${etag} ${bytes} ${modifiedAt}` })
    const session = await this.#sessions.open()
    try {
      const tables: CrawledTable[] = []
      const kept: CrawlReport['kept'][number][] = []
      const iceberg = icebergFolders(objects)
      for (const folder of iceberg)
        kept.push({ name: folder, reason: 'it is an Iceberg table, which knows its files itself' })
      const plainObjects = objects.filter(({ key }) => !iceberg.some((folder) => key.startsWith(folder)))
      for (const found of findTables(target.prefix, plainObjects, target.bucket)) {
        signal?.throwIfAborted()
        const existing = this.#existing(target, found)
        if (existing.reason !== undefined) kept.push({ name: existing.name, reason: existing.reason })
        else {
          try {
            const table = await this.#crawlTable(session.connection, store, target, {
              found,
              name: existing.name,
            })
            if (table !== undefined) tables.push(table)
          } catch (error) {
            // What the catalog cannot take (two partition keys of one name) is a matter of this table alone.
            if (!(error instanceof LakeError && error.code === 'CATALOG_TABLE_INVALID')) throw error
            kept.push({ name: existing.name, reason: error.message })
          }
        }
      }
      return { tables, kept }
    } finally {
      session.close()
      this.#sessions.prepareNext()
    }
  }

  async close(): Promise<void> {
    await this.#sessions.close()
  }

  /** The table that lies there already keeps its name. */
  #existing(
    { database, bucket }: CrawlTarget,
    { name, location }: FoundTable,
  ): { readonly name: string; readonly reason?: string } {
    const there = this.#catalog
      .tables(database)
      .filter((table) => table.bucket === bucket && table.location === location)
    const external = there.find(({ kind }) => kind === 'external')
    if (external !== undefined) return { name: external.name }
    const [managed] = there
    if (managed !== undefined)
      return { name: managed.name, reason: 'its files are managed: what it holds is what was delivered' }
    if (this.#catalog.view(database, name) !== undefined)
      return { name, reason: 'there is a view of this name' }
    const namesake = this.#catalog.table(database, name)
    return namesake === undefined
      ? { name }
      : { name, reason: `there is another table of this name, at ${namesake.bucket}/${namesake.location}` }
  }

  async #crawlTable(
    connection: DuckDBConnection,
    store: ObjectStore,
    target: CrawlTarget,
    { found, name }: { readonly found: FoundTable; readonly name: string },
  ): Promise<CrawledTable | undefined> {
    const seen = await this.#look(store, target, found)
    const differing = found.misplaced.map(({ key }) => ({
      key,
      how: `its folders are not those of the others (${found.partitionNames.join('/') || 'none'})`,
    }))
    const format = commonFormat(seen)
    const fitting = seen.filter(({ file, form }) => {
      if ('problem' in form) differing.push({ key: file.key, how: form.problem })
      else if (form.format !== format)
        differing.push({ key: file.key, how: `it is ${form.format}, most files are ${format}` })
      return !('problem' in form) && form.format === format
    })
    if (format === undefined || fitting.length === 0) return undefined
    const read = await this.#read(connection, format, { files: fitting, differing })
    const [first] = read
    if (first === undefined) return undefined
    const before = this.#catalog.table(target.database, name)
    const found0: readonly LakeColumn[] = read
      .slice(1)
      .reduce((all, { columns }) => widenColumns(all, columns), plain(first.columns))
    const partitionNames = found.partitionNames.map((key) =>
      found0.some((column) => column.name.toLowerCase() === key.toLowerCase()) ? `partition_${key}` : key,
    )
    const columns = inOrderOf(before?.columns ?? [], found0)
    for (const file of read) {
      const how = differences(columns, file.columns)
      if (how !== undefined) differing.push({ key: file.file.key, how })
    }
    const table = this.#catalog.write((writer) => {
      writer.putDatabase(target.database)
      return writer.putTable({
        database: target.database,
        name,
        format,
        bucket: target.bucket,
        location: found.location,
        columns,
        partitionKeys: partitionColumns(
          partitionNames,
          read.map(({ file }) => file.partition),
        ),
        kind: 'external',
        parameters: {
          ...before?.parameters,
          ...(first.csv === undefined ? {} : commonCsv(read)),
          ...(target.crawler === undefined ? {} : { crawler: target.crawler }),
        },
      })
    })
    return {
      name,
      outcome: before === undefined ? 'made' : table.version === before.version ? 'unchanged' : 'changed',
      version: table.version,
      format,
      location: found.location,
      files: found.files.length,
      columns: table.columns,
      partitionKeys: table.partitionKeys,
      differing: differing.sort((a, b) => (a.key < b.key ? -1 : 1)),
    }
  }

  /** Each file's format, by a look at its first bytes. */
  async #look(store: ObjectStore, { bucket }: CrawlTarget, { files }: FoundTable): Promise<SeenFile[]> {
    const seen: SeenFile[] = []
    for (let from = 0; from < files.length; from += atOnce) {
      const some = files.slice(from, from + atOnce)
      seen.push(
        ...(await Promise.all(
          some.map(async (file) => {
            const id = `${bucket}/${file.key} ${file.stamp}`
            const path = await store.localFile(file.key)
            const form = this.#forms.get(id) ?? (await fileForm(path))
            this.#forms.set(id, form)
            return { file, path, id, form }
          }),
        )),
      )
    }
    forgetOldest(this.#forms)
    return seen
  }

  async #read(
    connection: DuckDBConnection,
    format: TableFormat,
    {
      files,
      differing,
    }: { readonly files: readonly SeenFile[]; readonly differing: { key: string; how: string }[] },
  ): Promise<ReadFile[]> {
    const shapes: readonly Inspected[] | undefined =
      format === 'json'
        ? undefined
        : await this.#inspector.inspect(connection, { format, columns: [], parameters: {} }, files)
    const read: ReadFile[] = []
    for (const [i, file] of files.entries()) {
      const shape = shapes?.[i]
      if (shape !== undefined && 'problem' in shape) {
        differing.push({ key: file.file.key, how: shape.problem })
        continue
      }
      try {
        const columns =
          format === 'parquet' && shape !== undefined
            ? shape.shape.columns.map(({ name, type }) => lakeColumn(name, type))
            : await this.#describe(connection, format, file)
        read.push({ ...file, columns, csv: shape?.shape.csv })
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error)
        differing.push({
          key: file.file.key,
          how: (text.split('\n')[0] ?? '').replaceAll(file.path, 'the file'),
        })
      }
    }
    return read
  }

  async #describe(
    connection: DuckDBConnection,
    format: TableFormat,
    { path, id }: SeenFile,
  ): Promise<readonly LakeColumn[]> {
    const known = this.#columns.get(id)
    if (known !== undefined) return known
    const reader =
      format === 'json'
        ? `read_json(${pathText(path)}, sample_size = ${sampleRows}, ignore_errors = true, hive_partitioning = false)`
        : `read_csv(${pathText(path)}, sample_size = ${sampleRows}, ignore_errors = true, hive_partitioning = false)`
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${reader}`)
    const columns = described.getRows().map(([name, type]) => lakeColumn(String(name), String(type)))
    this.#columns.set(id, columns)
    forgetOldest(this.#columns)
    return columns
  }
}

/** Folders of Iceberg tables: their metadata says so. */
function icebergFolders(objects: readonly FoundObject[]): string[] {
  const folders = objects.flatMap(({ key }) => /^(.+\/)metadata\/[^/]+\.metadata\.json$/.exec(key)?.[1] ?? [])
  return [...new Set(folders)].sort()
}

function forgetOldest(map: Map<string, unknown>): void {
  while (map.size > rememberedMax) {
    const [oldest] = map.keys()
    if (oldest !== undefined) map.delete(oldest)
  }
}

/** A type that the lake has no name for is read as text. */
function lakeColumn(name: string, type: string): LakeColumn {
  return { name, type: parseDuckType(type) ?? { kind: 'string' } }
}

function plain(columns: readonly LakeColumn[]): LakeColumn[] {
  return columns.map(({ name, type }) => ({ name, type }))
}

function commonFormat(files: readonly SeenFile[]): 'parquet' | 'json' | 'csv' | undefined {
  const counts = new Map<'parquet' | 'json' | 'csv', number>()
  for (const { form } of files)
    if ('format' in form) counts.set(form.format, (counts.get(form.format) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0]
}

function commonCsv(files: readonly ReadFile[]): Record<string, string> {
  const withHeader = files.filter(({ csv }) => csv?.header === true).length
  return { header: String(withHeader * 2 >= files.length) }
}

/** Columns that were there before stay where they are. */
function inOrderOf(before: readonly LakeColumn[], found: readonly LakeColumn[]): LakeColumn[] {
  const place = new Map(before.map(({ name }, i) => [name.toLowerCase(), i]))
  const rank = (column: LakeColumn, i: number): number =>
    place.get(column.name.toLowerCase()) ?? before.length + i
  return found
    .map((column, i) => ({ column, rank: rank(column, i) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ column }) => column)
}

/** How a file's columns are not the table's. */
function differences(table: readonly LakeColumn[], file: readonly LakeColumn[]): string | undefined {
  const own = new Map(file.map((column) => [column.name.toLowerCase(), column]))
  const said = table.flatMap(({ name, type }) => {
    const found = own.get(name.toLowerCase())
    if (found === undefined) return [`it has no "${name}"`]
    return sameType(found.type, type)
      ? []
      : [`"${name}" is ${duckTypeText(found.type)}, in the table ${duckTypeText(type)}`]
  })
  return said.length === 0 ? undefined : said.join('; ')
}
