/**
 * The list of manifests of one snapshot: an Avro file with one record for each manifest, and what planning wants to know before it
 * reads the manifest: how many files of which status, and for each partition field the range of its values.
 */
import { LakeError } from '../../errors.ts'
import type { SingleValue } from '../table-port.ts'
import { readAvroFile, unwrapped, wrapped, writeAvroFile } from './avro-file.ts'
import type { ManifestEntry } from './manifest.ts'
import type { FileCount, ManifestFile, PartitionSummary } from './manifest-file.ts'
import { manifestListSchema, type PartitionColumn } from './manifest-schema.ts'
import { compareSingleValues, readSingleValue, writeSingleValue } from './single-value.ts'

/** Counts and ranges of entries, as the list of manifests says them. */
export function summarize(
  entries: readonly ManifestEntry[],
  columns: readonly PartitionColumn[],
): Pick<ManifestFile, 'added' | 'existing' | 'deleted' | 'partitions'> {
  const count = (status: ManifestEntry['status']): FileCount => {
    const files = entries.filter((entry) => entry.status === status)
    return { files: files.length, rows: files.reduce((sum, { file }) => sum + file.records, 0) }
  }
  return {
    added: count('added'),
    existing: count('existing'),
    deleted: count('deleted'),
    partitions: columns.map((column, i) => summarizeField(entries, column, i)),
  }
}

export function writeManifestList(
  manifests: readonly ManifestFile[],
  snapshot: { readonly id: number; readonly parentId: number | undefined; readonly sequenceNumber: number },
): Uint8Array {
  const metadata = {
    'snapshot-id': String(snapshot.id),
    'parent-snapshot-id': String(snapshot.parentId ?? 'null'),
    'sequence-number': String(snapshot.sequenceNumber),
    'format-version': '2',
  }
  const records = manifests.map((manifest) => ({
    manifest_path: manifest.path,
    manifest_length: manifest.bytes,
    partition_spec_id: manifest.specId,
    content: manifest.content === 'data' ? 0 : 1,
    sequence_number: manifest.sequenceNumber,
    min_sequence_number: manifest.minSequenceNumber,
    added_snapshot_id: manifest.addedSnapshotId,
    added_files_count: manifest.added.files,
    existing_files_count: manifest.existing.files,
    deleted_files_count: manifest.deleted.files,
    added_rows_count: manifest.added.rows,
    existing_rows_count: manifest.existing.rows,
    deleted_rows_count: manifest.deleted.rows,
    partitions: wrapped(
      'array',
      manifest.partitions?.map((field) => ({
        contains_null: field.hasNull,
        contains_nan: wrapped('boolean', field.hasNaN),
        lower_bound: wrapped('bytes', field.lower && Buffer.from(field.lower)),
        upper_bound: wrapped('bytes', field.upper && Buffer.from(field.upper)),
      })),
    ),
    key_metadata: null,
  }))
  return writeAvroFile(manifestListSchema, metadata, records)
}

/** Errors: ICEBERG_MANIFEST_INVALID, ICEBERG_NUMBER_TOO_LARGE. */
export function readManifestList(bytes: Uint8Array, location: string): ManifestFile[] {
  const { records } = readAvroFile(bytes, location)
  const broken = (what: string) => new LakeError('ICEBERG_MANIFEST_INVALID', `${location}: ${what}.`)
  return records.map((record) => {
    if (!isRecord(record)) throw broken('an entry is no record')
    const text = (name: string): string => {
      const value = record[name]
      if (typeof value !== 'string') throw broken(`${name} is ${String(value)}`)
      return value
    }
    const number = (names: readonly string[], fallback?: number): number => {
      const name = names.find((each) => record[each] !== undefined) ?? names[0]!
      const value = unwrapped(record[name]) ?? fallback
      if (typeof value === 'number') return value
      if (typeof value !== 'bigint') throw broken(`${name} is ${String(value)}`)
      throw new LakeError(
        'ICEBERG_NUMBER_TOO_LARGE',
        `${location}: ${name} is ${value}, beyond 2^53 - 1 (${Number.MAX_SAFE_INTEGER}), and cannot be kept exactly.`,
      )
    }
    // Older writers named the counts `added_data_files_count`; what is missing counts as "some".
    const files = (name: string) => number([`${name}_files_count`, `${name}_data_files_count`], 1)
    const content = number(['content'], 0)
    if (content !== 0 && content !== 1) throw broken(`a manifest has the content ${content}`)
    return {
      path: text('manifest_path'),
      bytes: number(['manifest_length']),
      specId: number(['partition_spec_id']),
      content: content === 0 ? 'data' : 'deletes',
      sequenceNumber: number(['sequence_number'], 0),
      minSequenceNumber: number(['min_sequence_number'], 0),
      addedSnapshotId: number(['added_snapshot_id'], 0),
      added: { files: files('added'), rows: number(['added_rows_count'], 1) },
      existing: { files: files('existing'), rows: number(['existing_rows_count'], 1) },
      deleted: { files: files('deleted'), rows: number(['deleted_rows_count'], 1) },
      partitions: readSummaries(unwrapped(record.partitions)),
    }
  })
}

function summarizeField(
  entries: readonly ManifestEntry[],
  column: PartitionColumn,
  i: number,
): PartitionSummary {
  let hasNull = false
  let hasNaN = false
  let lower: SingleValue | undefined
  let upper: SingleValue | undefined
  for (const { file } of entries) {
    const value = file.partition[i] ?? null
    if (value === null) hasNull = true
    else if (typeof value === 'number' && Number.isNaN(value)) hasNaN = true
    else {
      if (lower === undefined || compareSingleValues(value, lower) < 0) lower = value
      if (upper === undefined || compareSingleValues(value, upper) > 0) upper = value
    }
  }
  const bytes = (value: SingleValue | undefined) =>
    value === undefined ? undefined : writeSingleValue(column.result, value)
  return { hasNull, hasNaN, lower: bytes(lower), upper: bytes(upper) }
}

function readSummaries(value: unknown): readonly PartitionSummary[] | undefined {
  if (!Array.isArray(value)) return undefined
  return value.map((field: unknown) => {
    const record = isRecord(field) ? field : {}
    const hasNaN = unwrapped(record.contains_nan)
    const bytes = (name: string) => {
      const found = unwrapped(record[name])
      return found instanceof Uint8Array ? Uint8Array.from(found) : undefined
    }
    return {
      hasNull: record.contains_null !== false,
      hasNaN: typeof hasNaN === 'boolean' ? hasNaN : undefined,
      lower: bytes('lower_bound'),
      upper: bytes('upper_bound'),
    }
  })
}

/** Range of a partition field of a manifest as values; undefined where it is not known or there is none. */
export function summaryRange(summary: PartitionSummary, column: PartitionColumn) {
  const value = (bytes: Uint8Array | undefined) =>
    bytes === undefined ? undefined : readSingleValue(column.result, bytes)
  return { lower: value(summary.lower), upper: value(summary.upper) }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
