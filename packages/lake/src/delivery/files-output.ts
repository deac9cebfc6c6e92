/** Outputs that are objects of a bucket: how a buffer of rows becomes one, and what is told when it is there. */
import type { StageContext } from '@millrace/runtime'
import type { CatalogTable } from '../catalog/catalog-port.ts'
import { compress, compressionSuffixes } from '../compression/compress.ts'
import type { ObjectBody, ObjectStore } from '../objects/object-store.ts'
import { backupPrefixesOf, prefixesOf } from './check-settings.ts'
import type { Edition } from './delivery-items.ts'
import { ObjectNames, type Output } from './delivery-output.ts'
import type { DeliveryServices } from './delivery-port.ts'
import type { BackupSettings, FileCompression, FilesDestination } from './delivery-settings.ts'
import { hivePartition } from './hive-partition.ts'
import type { Plan } from './progress.ts'
import { RawRows } from './raw-rows.ts'
import type { StoredRows } from './row-buffer.ts'

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

export function filesOutput(
  place: OutputPlace,
  edition: Edition,
  id: string,
  destination: FilesDestination,
): Output {
  const { delivery, context, services } = place
  const { bucket, format, compression, buffering, fileExtension, table: named } = destination
  const table = named && services.catalog?.table(named.database, named.name)
  const writer = new ObjectWriter(bucket, services, table)
  const errors = new ObjectWriter(bucket, services, undefined)
  const delimiter = format.kind === 'raw' ? encoder.encode(format.delimiter ?? '') : newline
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
      prefixes: prefixesOf(edition.settings),
      suffix: fileExtension ?? compressionSuffixes[compression],
      random: context.random,
    }),
    table: undefined,
    makeRows: () =>
      new RawRows(delimiter, (plan, bytes, rows) => writer.putBytes(plan, bytes, rows, compression)),
    makeErrors: () =>
      new RawRows(newline, (plan, bytes, rows) => errors.putBytes(plan, bytes, rows, 'UNCOMPRESSED')),
    hasKeys: true,
  }
}
