import { describe, expect, test } from 'vitest'
import type { LakeSchema } from '../../schema/lake-type.ts'
import type { PartitionSpec } from '../metadata.ts'
import type { ContentFile } from '../table-port.ts'
import { writeAvroFile } from './avro-file.ts'
import { toIcebergSchema, toLakeSchema } from './iceberg-schema.ts'
import { type ManifestEntry, readManifest, writeManifest } from './manifest.ts'
import { readManifestList, summarize, summaryRange, writeManifestList } from './manifest-list.ts'
import { manifestSchema, partitionColumns } from './manifest-schema.ts'
import { partitionFields } from './partition-by.ts'

const lakeSchema: LakeSchema = {
  columns: [
    { name: 'id', type: { kind: 'long' }, isRequired: true },
    { name: 'at', type: { kind: 'timestamptz' }, comment: 'when' },
    { name: 'price', type: { kind: 'decimal', precision: 20, scale: 2 } },
    { name: 'shop name', type: { kind: 'string' } },
    { name: 'raw', type: { kind: 'binary' } },
    {
      name: 'address',
      type: {
        kind: 'struct',
        fields: [
          { name: 'city', type: { kind: 'string' } },
          { name: 'tags', type: { kind: 'list', element: { kind: 'string' } } },
        ],
      },
    },
    { name: 'prices', type: { kind: 'map', key: { kind: 'string' }, value: { kind: 'double' } } },
    { name: 'flag', type: { kind: 'boolean' } },
    { name: 'rate', type: { kind: 'double' } },
  ],
}
const schema = toIcebergSchema(lakeSchema)
const spec: PartitionSpec = {
  'spec-id': 3,
  fields: partitionFields(
    schema,
    [
      { column: 'at', transform: 'day' },
      { column: 'id', transform: 'bucket[16]' },
      { column: 'id', transform: 'identity' },
      { column: 'price', transform: 'truncate[100]' },
      { column: 'shop name', transform: 'identity' },
      { column: 'raw', transform: 'identity' },
      { column: 'address.city', transform: 'truncate[3]' },
      { column: 'flag', transform: 'identity' },
      { column: 'rate', transform: 'identity' },
      { column: 'flag', transform: 'void' },
    ],
    [],
  ),
}
const columns = partitionColumns(spec, [schema])
const head = { schema, spec, columns, content: 'data' as const }
const url = 'file:///lake/metadata/m.avro'

const file: ContentFile = {
  content: 'data',
  path: 'file:///lake/data/a.parquet',
  specId: 3,
  partition: [
    20_000,
    7,
    9_007_199_254_740_993n,
    -100n,
    'zum Löwen',
    Uint8Array.of(0, 255),
    'Bas',
    true,
    -0.5,
    null,
  ],
  records: 12,
  bytes: 3456,
  metrics: {
    columnBytes: new Map([[1, 100]]),
    values: new Map([[1, 12]]),
    nulls: new Map([[1, 0]]),
    nans: new Map(),
    lower: new Map([[1, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0)]]),
    upper: new Map([[1, Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0)]]),
  },
  splitOffsets: [4, 1000],
}
const added: ManifestEntry = {
  status: 'added',
  snapshotId: undefined,
  sequenceNumber: undefined,
  fileSequenceNumber: undefined,
  file,
}
const nulls: ContentFile = {
  ...file,
  path: 'file:///lake/data/b.parquet',
  partition: columns.map(() => null),
}
const existing: ManifestEntry = {
  status: 'existing',
  snapshotId: 11,
  sequenceNumber: 2,
  fileSequenceNumber: 3,
  file: nulls,
}

function written(entries: readonly ManifestEntry[]) {
  const bytes = writeManifest(head, entries)
  const manifest = {
    path: url,
    bytes: bytes.length,
    specId: 3,
    content: 'data' as const,
    sequenceNumber: 5,
    minSequenceNumber: 2,
    addedSnapshotId: 77,
    ...summarize(entries, columns),
  }
  return { bytes, manifest }
}

test('ids: columns of a level before those inside of them', () => {
  expect(schema.fields.map((field) => field.id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(toIcebergSchema(toLakeSchema(schema))).toEqual(schema)
  expect(JSON.stringify(schema)).toContain('"element-id":12')
})

describe('a manifest', () => {
  test('is read as it was written, and added files take their age from the list', () => {
    const { bytes, manifest } = written([added, existing])
    const entries = readManifest(bytes, manifest, columns)
    expect(entries).toEqual([
      { status: 'added', file: { ...file, sequenceNumber: 5, fileSequenceNumber: 5, snapshotId: 77 } },
      { status: 'existing', file: { ...nulls, sequenceNumber: 2, fileSequenceNumber: 3, snapshotId: 11 } },
    ])
  })

  test('has the same bytes for the same entries', () => {
    expect(Buffer.compare(written([added]).bytes, written([added]).bytes)).toBe(0)
  })

  test('without entries, and of a table without partitions', () => {
    const { bytes, manifest } = written([])
    expect(readManifest(bytes, manifest, columns)).toEqual([])
    const plain = { ...head, spec: { 'spec-id': 0, fields: [] }, columns: [] }
    const entry = { ...added, file: { ...file, specId: 0, partition: [] } }
    const plainBytes = writeManifest(plain, [entry])
    const [read] = readManifest(plainBytes, { ...manifest, specId: 0 }, [])
    expect(read?.file.partition).toEqual([])
  })

  test('that is cut or no Avro is refused', () => {
    const { bytes, manifest } = written([added, existing])
    expect(() => readManifest(bytes.subarray(0, bytes.length - 20), manifest, columns)).toThrow(
      /ICEBERG_MANIFEST_INVALID/,
    )
    expect(() => readManifest(Buffer.from('{}'), manifest, columns)).toThrow(/ICEBERG_MANIFEST_INVALID/)
  })

  test('with a snapshot id of 63 bits is refused, not rounded', () => {
    const { manifest } = written([added])
    const big = {
      status: 1,
      snapshot_id: { long: 3051729675574597004n },
      sequence_number: null,
      file_sequence_number: null,
      data_file: {
        content: 0,
        file_path: 'x',
        file_format: 'PARQUET',
        partition: {},
        record_count: 1,
        file_size_in_bytes: 1,
        column_sizes: null,
        value_counts: null,
        null_value_counts: null,
        nan_value_counts: null,
        lower_bounds: null,
        upper_bounds: null,
        key_metadata: null,
        split_offsets: null,
        equality_ids: null,
        sort_order_id: null,
        referenced_data_file: null,
      },
    }
    const bytes = writeAvroFile(manifestSchema([]), {}, [big])
    expect(() => readManifest(bytes, { ...manifest, specId: 0 }, [])).toThrow(
      /ICEBERG_NUMBER_TOO_LARGE.*3051729675574597004/,
    )
  })
})

test('a list of manifests says counts and ranges', () => {
  const { manifest } = written([added, existing])
  const bytes = writeManifestList([manifest], { id: 77, parentId: 11, sequenceNumber: 5 })
  const [read] = readManifestList(bytes, url)
  expect(read).toEqual(manifest)
  expect(read?.added).toEqual({ files: 1, rows: 12 })
  expect(read?.existing).toEqual({ files: 1, rows: 12 })
  const day = read!.partitions![0]!
  expect(day.hasNull).toBe(true)
  expect(summaryRange(day, columns[0]!)).toEqual({ lower: 20_000, upper: 20_000 })
  expect(summaryRange(read!.partitions![9]!, columns[9]!)).toEqual({ lower: undefined, upper: undefined })
})
