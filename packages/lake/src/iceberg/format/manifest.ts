/**
 * A manifest: an Avro file that lists data files, or delete files, of one partition spec, each with its status (added, existing,
 * deleted), partition values and metrics. Added entries are written without sequence numbers and take those of their manifest from the
 * manifest list, so that a manifest can be written before it is known in which order commits are made.
 * Fields are found by their names, partition values by their field ids, so that manifests of other writers are read as well.
 */
import { LakeError } from '../../errors.ts'
import type { IcebergSchema, PartitionSpec } from '../metadata.ts'
import type { ContentFile, LiveFile, PartitionTuple, SingleValue } from '../table-port.ts'
import { readAvroFile, unwrapped, wrapped, writeAvroFile } from './avro-file.ts'
import type { ManifestContent, ManifestFile } from './manifest-file.ts'
import { avroBranch, avroName, decimalSize, manifestSchema, type PartitionColumn } from './manifest-schema.ts'
import { readTwosComplement, writeTwosComplementOf } from './single-value.ts'
import type { ValueType } from './value-type.ts'

export type EntryStatus = 'existing' | 'added' | 'deleted'

export interface ManifestEntry {
  readonly status: EntryStatus
  /** Of the snapshot that added the file, or deleted it. Undefined: the manifest's. */
  readonly snapshotId: number | undefined
  /** Both undefined of added files only, until they are read from a manifest list. */
  readonly sequenceNumber: number | undefined
  readonly fileSequenceNumber: number | undefined
  readonly file: ContentFile
}

/** An entry with what it inherits. */
export interface ResolvedEntry {
  readonly status: EntryStatus
  readonly file: LiveFile
}

const statuses: readonly EntryStatus[] = ['existing', 'added', 'deleted']
const contents: readonly ContentFile['content'][] = ['data', 'position-deletes', 'equality-deletes']

export interface ManifestHead {
  readonly schema: IcebergSchema
  readonly spec: PartitionSpec
  readonly columns: readonly PartitionColumn[]
  readonly content: ManifestContent
}

export function writeManifest(head: ManifestHead, entries: readonly ManifestEntry[]): Uint8Array {
  const { schema, spec, columns, content } = head
  const metadata = {
    schema: JSON.stringify(schema),
    'schema-id': String(schema['schema-id']),
    'partition-spec': JSON.stringify(spec.fields),
    'partition-spec-id': String(spec['spec-id']),
    'format-version': '2',
    content,
  }
  return writeAvroFile(
    manifestSchema(columns),
    metadata,
    entries.map((entry) => entryRecord(entry, columns)),
  )
}

/** `manifest` is what the list says of it. Errors: ICEBERG_MANIFEST_INVALID, ICEBERG_NUMBER_TOO_LARGE. */
export function readManifest(
  bytes: Uint8Array,
  manifest: ManifestFile,
  columns: readonly PartitionColumn[],
): ResolvedEntry[] {
  const file = readAvroFile(bytes, manifest.path)
  const partitionNames = namesById(file.schema)
  const reader = new EntryReader(manifest, columns, partitionNames)
  return file.records.map((record) => reader.read(record))
}

function entryRecord(entry: ManifestEntry, columns: readonly PartitionColumn[]): unknown {
  const { file } = entry
  const { metrics } = file
  return {
    status: statuses.indexOf(entry.status),
    snapshot_id: wrapped('long', entry.snapshotId),
    sequence_number: wrapped('long', entry.sequenceNumber),
    file_sequence_number: wrapped('long', entry.fileSequenceNumber),
    data_file: {
      content: contents.indexOf(file.content),
      file_path: file.path,
      file_format: 'PARQUET',
      partition: Object.fromEntries(
        columns.map((column, i) => [
          avroName(column.name),
          wrapped(
            avroBranch(column.result, `partition_${column.id}`),
            avroValue(column.result, file.partition[i] ?? null),
          ),
        ]),
      ),
      record_count: file.records,
      file_size_in_bytes: file.bytes,
      column_sizes: pairs(metrics.columnBytes),
      value_counts: pairs(metrics.values),
      null_value_counts: pairs(metrics.nulls),
      nan_value_counts: pairs(metrics.nans),
      lower_bounds: bytePairs(metrics.lower),
      upper_bounds: bytePairs(metrics.upper),
      key_metadata: null,
      split_offsets: wrapped('array', file.splitOffsets),
      equality_ids: wrapped('array', file.equalityIds),
      sort_order_id: wrapped('int', file.sortOrderId),
      referenced_data_file: wrapped('string', file.referencedDataFile),
    },
  }
}

function pairs(map: ReadonlyMap<number, number>): unknown {
  return map.size === 0 ? null : { array: Array.from(map, ([key, value]) => ({ key, value })) }
}

function bytePairs(map: ReadonlyMap<number, Uint8Array>): unknown {
  if (map.size === 0) return null
  return { array: Array.from(map, ([key, value]) => ({ key, value: bufferOf(value) })) }
}

function avroValue(type: ValueType, value: SingleValue | null): unknown {
  if (value === null) return null
  if (type.kind === 'decimal') {
    return bufferOf(writeTwosComplementOf(value as bigint, decimalSize(type.precision)))
  }
  return value instanceof Uint8Array ? bufferOf(value) : value
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Names of the partition's fields in the Avro schema, by their ids. */
function namesById(schema: unknown): ReadonlyMap<number, string> {
  const names = new Map<number, string>()
  const partition = fieldType(fieldType(schema, 'data_file'), 'partition')
  for (const field of fieldsOf(partition)) {
    if (typeof field.name === 'string' && typeof field['field-id'] === 'number') {
      names.set(field['field-id'], field.name)
    }
  }
  return names
}

function fieldType(schema: unknown, name: string): unknown {
  return fieldsOf(schema).find((field) => field.name === name)?.type
}

function fieldsOf(schema: unknown): readonly Record<string, unknown>[] {
  return isRecord(schema) && Array.isArray(schema.fields) ? schema.fields.filter(isRecord) : []
}

class EntryReader {
  readonly #manifest: ManifestFile
  readonly #columns: readonly PartitionColumn[]
  readonly #names: ReadonlyMap<number, string>

  constructor(
    manifest: ManifestFile,
    columns: readonly PartitionColumn[],
    partitionNames: ReadonlyMap<number, string>,
  ) {
    this.#manifest = manifest
    this.#columns = columns
    this.#names = partitionNames
  }

  read(record: unknown): ResolvedEntry {
    const manifest = this.#manifest
    if (!isRecord(record) || !isRecord(record.data_file)) throw this.#broken('an entry has no data_file')
    const status = statuses[this.#number(record.status, 'status')]
    if (status === undefined) throw this.#broken(`an entry has the status ${String(record.status)}`)
    const data = record.data_file
    // Manifests of version 1 say neither what they hold nor in which order.
    const content = contents[data.content === undefined ? 0 : this.#number(data.content, 'content')]
    if (content === undefined) throw this.#broken(`a file has the content ${String(data.content)}`)
    const format = String(data.file_format).toLowerCase()
    if (format !== 'parquet') {
      throw this.#broken(`${String(data.file_path)} is of the format ${format}; Parquet is what can be read`)
    }
    const inherited = status === 'added' ? manifest.sequenceNumber : undefined
    const file = {
      content,
      path: String(data.file_path),
      specId: manifest.specId,
      partition: this.#partition(data.partition),
      records: this.#number(data.record_count, 'record_count'),
      bytes: this.#number(data.file_size_in_bytes, 'file_size_in_bytes'),
      metrics: {
        columnBytes: this.#counts(data.column_sizes),
        values: this.#counts(data.value_counts),
        nulls: this.#counts(data.null_value_counts),
        nans: this.#counts(data.nan_value_counts),
        lower: this.#bounds(data.lower_bounds),
        upper: this.#bounds(data.upper_bounds),
      },
      sequenceNumber: this.#number(unwrapped(record.sequence_number) ?? inherited ?? 0, 'sequence_number'),
      fileSequenceNumber: this.#number(
        unwrapped(record.file_sequence_number) ?? inherited ?? 0,
        'file_sequence_number',
      ),
      snapshotId: this.#number(unwrapped(record.snapshot_id) ?? manifest.addedSnapshotId, 'snapshot_id'),
      ...this.#optional(data),
    }
    return { status, file }
  }

  #optional(data: Record<string, unknown>) {
    const referenced = unwrapped(data.referenced_data_file)
    const equality = unwrapped(data.equality_ids)
    const offsets = unwrapped(data.split_offsets)
    const order = unwrapped(data.sort_order_id)
    return {
      ...(typeof referenced === 'string' ? { referencedDataFile: referenced } : {}),
      ...(Array.isArray(equality)
        ? { equalityIds: equality.map((id) => this.#number(id, 'equality_ids')) }
        : {}),
      ...(Array.isArray(offsets)
        ? { splitOffsets: offsets.map((at) => this.#number(at, 'split_offsets')) }
        : {}),
      ...(typeof order === 'number' ? { sortOrderId: order } : {}),
    }
  }

  #partition(value: unknown): PartitionTuple {
    if (this.#columns.length === 0) return []
    if (!isRecord(value)) throw this.#broken('a file has no partition')
    return this.#columns.map((column) => {
      const name = this.#names.get(column.id)
      const found = name === undefined ? null : (unwrapped(value[name]) ?? null)
      if (found === null) return null
      // Of transforms that are not known nobody knows the type; they are carried and compared, not understood.
      return column.transform.kind === 'unknown' ? (found as SingleValue) : this.#single(column.result, found)
    })
  }

  #single(type: ValueType, value: unknown): SingleValue {
    switch (type.kind) {
      case 'long':
      case 'time':
      case 'timestamp':
      case 'timestamptz':
        // An int that was widened since stands in older manifests as it was.
        if (typeof value === 'number' || typeof value === 'bigint') return BigInt(value)
        break
      case 'decimal':
        if (value instanceof Uint8Array) return readTwosComplement(value)
        break
      case 'binary':
      case 'fixed':
      case 'uuid':
        if (value instanceof Uint8Array) return Uint8Array.from(value)
        break
      case 'string':
        if (typeof value === 'string') return value
        break
      case 'boolean':
        if (typeof value === 'boolean') return value
        break
      default:
        if (typeof value === 'number') return value
    }
    throw this.#broken(`a partition value is ${String(value)}, which is no ${type.kind}`)
  }

  #counts(value: unknown): ReadonlyMap<number, number> {
    return new Map(this.#pairs(value).map(({ key, value: count }) => [key, this.#number(count, 'a count')]))
  }

  #bounds(value: unknown): ReadonlyMap<number, Uint8Array> {
    const bounds = new Map<number, Uint8Array>()
    for (const pair of this.#pairs(value)) {
      // Copied: the decoder's buffer is of a whole block.
      if (pair.value instanceof Uint8Array) bounds.set(pair.key, Uint8Array.from(pair.value))
    }
    return bounds
  }

  #pairs(value: unknown): readonly { key: number; value: unknown }[] {
    const list = unwrapped(value) ?? []
    if (!Array.isArray(list)) throw this.#broken('a map of metrics is none')
    return list.map((pair: unknown) => {
      if (!isRecord(pair)) throw this.#broken('a map of metrics is none')
      return { key: this.#number(pair.key, 'key'), value: pair.value }
    })
  }

  #number(value: unknown, name: string): number {
    if (typeof value === 'number') return value
    if (typeof value !== 'bigint') throw this.#broken(`${name} is ${String(value)}`)
    throw new LakeError(
      'ICEBERG_NUMBER_TOO_LARGE',
      `${this.#manifest.path}: ${name} is ${value}, beyond 2^53 - 1 (${Number.MAX_SAFE_INTEGER}), and cannot be kept exactly.`,
    )
  }

  #broken(what: string): LakeError {
    return new LakeError('ICEBERG_MANIFEST_INVALID', `${this.#manifest.path}: ${what}.`)
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
