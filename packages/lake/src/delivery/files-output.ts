/** Outputs that are objects of a bucket: how a buffer of rows becomes one, and what is told when it is there. */
import type { StageContext } from '@millrace/runtime'
import type { CatalogTable } from '../catalog/catalog-port.ts'
import { compress, compressionSuffixes } from '../compression/compress.ts'
import { openCsvLines } from '../convert/csv-lines.ts'
import { openConverter } from '../convert/open-converter.ts'
import { LakeError } from '../errors.ts'
import type { ObjectBody, ObjectStore } from '../objects/object-store.ts'
import type { ParquetWorkshop } from '../parquet/parquet-workshop.ts'
import type { LakeColumn } from '../schema/lake-type.ts'
import { sameType } from '../schema/widen-type.ts'
import { compileUnpack } from '../unpack/unpack.ts'
import { BytePool } from './byte-buffer.ts'
import { backupPrefixesOf, prefixesOf } from './check-settings.ts'
import { CsvRows } from './csv-rows.ts'
import type { Edition } from './delivery-items.ts'
import { ObjectNames, type Output } from './delivery-output.ts'
import type { DeliveryServices } from './delivery-port.ts'
import type {
  BackupSettings,
  DeliverySchema,
  FileCompression,
  FileFormat,
  FilesDestination,
} from './delivery-settings.ts'
import { hivePartition } from './hive-partition.ts'
import { makePartitioner } from './make-partitioner.ts'
import { ParquetRows } from './parquet-rows.ts'
import type { Plan } from './progress.ts'
import { RawRows, type StoreBytes } from './raw-rows.ts'
import type { RowBuffer, StoredRows } from './row-buffer.ts'

export interface OutputPlace {
  readonly delivery: string
  readonly context: StageContext
  readonly services: DeliveryServices
}

const encoder = new TextEncoder()
const newline = encoder.encode('\n')

/** Where objects of one bucket are put, and who hears of it. */
export class ObjectWriter {
  readonly #bucket: string
  readonly #store: ObjectStore
  readonly #services: DeliveryServices
  /** That objects become files of. */
  readonly #table: CatalogTable | undefined

  constructor(bucket: string, services: DeliveryServices, table: CatalogTable | undefined) {
    this.#bucket = bucket
    this.#store = services.buckets.open(bucket)
    this.#services = services
    this.#table = table
  }

  async put(plan: Plan, body: ObjectBody, rows: number): Promise<StoredRows> {
    const { key } = plan
    if (key === undefined) throw new Error(`lake invariant: plan ${plan.id} has no key`)
    const object = await this.#store.put(key, body)
    if (object === undefined) throw new Error(`lake invariant: the put of ${key} was not conditional`)
    const table = this.#table
    return {
      bytes: object.bytes,
      commit: (transaction) => {
        if (table !== undefined) {
          const file = {
            key,
            bytes: object.bytes,
            rows,
            partition: hivePartition(key, table),
            version: table.version,
          }
          this.#services.catalog?.write(
            (writer) => writer.addFiles(table.database, table.name, [file]),
            transaction,
          )
        }
        this.#services.objectCreated?.(transaction, this.#bucket, object)
      },
    }
  }

  async putBytes(
    plan: Plan,
    bytes: Uint8Array,
    rows: number,
    compression: FileCompression,
  ): Promise<StoredRows> {
    return this.put(plan, { bytes: await compress(bytes, compression) }, rows)
  }
}

/** Untransformed records as they came. */
export function backupOutput(
  { delivery, context, services }: OutputPlace,
  edition: Edition,
  id: string,
  backup: BackupSettings,
): Output {
  const { compression, buffering } = backup
  const writer = new ObjectWriter(backup.bucket, services, undefined)
  const makeErrors = () =>
    new RawRows(newline, (plan, bytes, rows) => writer.putBytes(plan, bytes, rows, 'UNCOMPRESSED'))
  return {
    id,
    version: edition.version,
    buffering,
    partitioner: undefined,
    unpack: undefined,
    canRefuse: false,
    names: new ObjectNames({
      delivery,
      version: edition.version,
      prefixes: backupPrefixesOf(backup),
      suffix: compressionSuffixes[compression],
      random: context.random,
    }),
    table: undefined,
    makeRows: () =>
      new RawRows(new Uint8Array(0), (plan, bytes, rows) => writer.putBytes(plan, bytes, rows, compression)),
    makeErrors,
    hasKeys: true,
  }
}

/** Where rows of Parquet files are written first; made by the stage, for all of its outputs. */
export interface FilesPlace extends OutputPlace {
  readonly workshop: () => ParquetWorkshop
  /** Of the table that rows follow; undefined: they follow none, or it does not exist. */
  readonly table: CatalogTable | undefined
}

export function filesOutput(
  place: FilesPlace,
  edition: Edition,
  id: string,
  destination: FilesDestination,
): Output {
  const { delivery, context, services } = place
  const { bucket, format, compression, buffering, fileExtension, table: named } = destination
  const listed = named && services.catalog?.table(named.database, named.name)
  const writer = new ObjectWriter(bucket, services, listed && asWritten(listed, format, place))
  const errors = new ObjectWriter(bucket, services, undefined)
  const { partitioning } = edition.settings
  const suffix = format.kind === 'parquet' ? '.parquet' : compressionSuffixes[compression]
  return {
    id,
    version: edition.version,
    buffering,
    partitioner: partitioning && makePartitioner(partitioning, prefixesOf(edition.settings)),
    unpack: compileUnpack(edition.settings.unpack),
    canRefuse: format.kind !== 'raw',
    names: new ObjectNames({
      delivery,
      version: edition.version,
      prefixes: prefixesOf(edition.settings),
      suffix: fileExtension ?? suffix,
      random: context.random,
    }),
    table: tableText(format, place),
    makeRows: rowsOf(place, format, writer, { compression, isPartitioned: partitioning !== undefined }),
    makeErrors: () =>
      new RawRows(newline, (plan, bytes, rows) => errors.putBytes(plan, bytes, rows, 'UNCOMPRESSED')),
    hasKeys: true,
  }
}

/**
 * In the version whose columns the files have. It need not be the newest: records that were left by a stop, or that arrived before a
 * change, are written in the columns of their own time.
 */
function asWritten(
  listed: CatalogTable,
  format: FileFormat,
  { table, services }: Pick<FilesPlace, 'table' | 'services'>,
): CatalogTable {
  if (format.kind === 'raw') return listed
  if (format.kind === 'parquet' && format.schema.kind === 'table') {
    const isSame = table?.database === listed.database && table.name === listed.name
    return isSame ? { ...listed, version: table.version } : listed
  }
  const columns = format.kind === 'csv' ? format.columns : declaredOf(format.schema)
  for (let version = listed.version; version > 0; version--) {
    const at = services.catalog?.table(listed.database, listed.name, version)
    if (at !== undefined && hasColumns(at, columns)) return { ...listed, version }
  }
  return listed
}

function declaredOf(schema: DeliverySchema): readonly LakeColumn[] {
  return schema.kind === 'declared' ? schema.columns : []
}

function hasColumns(table: CatalogTable, columns: readonly LakeColumn[]): boolean {
  return (
    table.columns.length === columns.length &&
    columns.every(({ name, type }, i) => {
      const column = table.columns[i]!
      return column.name === name && sameType(column.type, type)
    })
  )
}

function rowsOf(
  { delivery, workshop, table }: FilesPlace,
  format: FileFormat,
  writer: ObjectWriter,
  { compression, isPartitioned }: { readonly compression: FileCompression; readonly isPartitioned: boolean },
): () => RowBuffer {
  const putBytes: StoreBytes = (plan, bytes, rows) => writer.putBytes(plan, bytes, rows, compression)
  switch (format.kind) {
    case 'raw': {
      const delimiter = encoder.encode(format.delimiter ?? '')
      const pool = isPartitioned ? undefined : new BytePool()
      return () => new RawRows(delimiter, putBytes, pool)
    }
    case 'csv': {
      const lines = openCsvLines({ columns: format.columns, header: format.header })
      return () => new CsvRows(lines, putBytes)
    }
    case 'parquet': {
      const { schema } = format
      if (schema.kind === 'table' && table === undefined) {
        throw new LakeError(
          'DELIVERY_INVALID',
          `delivery "${delivery}": the catalog has no table ${schema.database}.${schema.name} whose columns it could take. Make the table, or declare the columns.`,
        )
      }
      const columns = schema.kind === 'declared' ? schema.columns : (table?.columns ?? [])
      const files = workshop()
      const converter = openConverter({ writer: files, format, columns })
      return () => new ParquetRows(converter, files.path, (plan, body, rows) => writer.put(plan, body, rows))
    }
  }
}

/** As conversion errors name it. */
function tableText(
  format: FileFormat,
  { context, table }: FilesPlace,
): Readonly<Record<string, string | null>> | undefined {
  if (format.kind !== 'parquet' || format.schema.kind !== 'table') return undefined
  const { database, name, version } = format.schema
  const { account, region } = context.lambdas.services
  return {
    catalogId: account,
    databaseName: database,
    tableName: name,
    region,
    versionId: String(table?.version ?? version ?? 'LATEST'),
    catalogArn: `arn:aws:glue:${region}:${account}:catalog`,
  }
}
