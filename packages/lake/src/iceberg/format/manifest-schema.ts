/** Avro schemas of manifests and of lists of manifests, version 2 (Apache Iceberg, format/spec.md, "Manifests", "Manifest lists"). */
import type { IcebergSchema, PartitionSpec } from '../metadata.ts'
import { findFieldById, valueTypeOf } from './iceberg-schema.ts'
import { parseTransform, type Transform, transformResult } from './transform.ts'
import type { ValueType } from './value-type.ts'

/** One field of a spec, resolved: what partition values are, and how Avro has them. */
export interface PartitionColumn {
  readonly id: number
  readonly name: string
  readonly transform: Transform
  /** Undefined where the column has been dropped since: values are then known by the manifest's own schema only. */
  readonly source: ValueType | undefined
  readonly result: ValueType
  readonly sourceId: number
}

/** Of the first schema that has a field's source, the current one first: old specs may be of columns that are dropped. */
export function partitionColumns(
  spec: PartitionSpec,
  schemas: readonly IcebergSchema[],
): readonly PartitionColumn[] {
  return spec.fields.map((field) => {
    const transform = parseTransform(field.transform)
    let source: ValueType | undefined
    for (const schema of schemas) {
      const found = findFieldById(schema, field['source-id'])
      source = found === undefined ? undefined : valueTypeOf(found.field)
      if (source !== undefined) break
    }
    const result = source === undefined ? undefined : transformResult(transform, source)
    return {
      id: field['field-id'],
      name: field.name,
      transform,
      source,
      result: result ?? { kind: 'int' },
      sourceId: field['source-id'],
    }
  })
}

export function manifestSchema(columns: readonly PartitionColumn[]): unknown {
  const partition = {
    type: 'record',
    name: 'r102',
    fields: columns.map((column) =>
      optional(column.id, avroName(column.name), avroType(column.result, `partition_${column.id}`)),
    ),
  }
  const dataFile = {
    type: 'record',
    name: 'r2',
    fields: [
      required(134, 'content', 'int'),
      required(100, 'file_path', 'string'),
      required(101, 'file_format', 'string'),
      required(102, 'partition', partition),
      required(103, 'record_count', 'long'),
      required(104, 'file_size_in_bytes', 'long'),
      optional(108, 'column_sizes', mapOf(117, 118, 'long')),
      optional(109, 'value_counts', mapOf(119, 120, 'long')),
      optional(110, 'null_value_counts', mapOf(121, 122, 'long')),
      optional(137, 'nan_value_counts', mapOf(138, 139, 'long')),
      optional(125, 'lower_bounds', mapOf(126, 127, 'bytes')),
      optional(128, 'upper_bounds', mapOf(129, 130, 'bytes')),
      optional(131, 'key_metadata', 'bytes'),
      optional(132, 'split_offsets', { type: 'array', items: 'long', 'element-id': 133 }),
      optional(135, 'equality_ids', { type: 'array', items: 'int', 'element-id': 136 }),
      optional(140, 'sort_order_id', 'int'),
      optional(143, 'referenced_data_file', 'string'),
    ],
  }
  return {
    type: 'record',
    name: 'manifest_entry',
    fields: [
      required(0, 'status', 'int'),
      optional(1, 'snapshot_id', 'long'),
      optional(3, 'sequence_number', 'long'),
      optional(4, 'file_sequence_number', 'long'),
      required(2, 'data_file', dataFile),
    ],
  }
}

export const manifestListSchema: unknown = {
  type: 'record',
  name: 'manifest_file',
  fields: [
    required(500, 'manifest_path', 'string'),
    required(501, 'manifest_length', 'long'),
    required(502, 'partition_spec_id', 'int'),
    required(517, 'content', 'int'),
    required(515, 'sequence_number', 'long'),
    required(516, 'min_sequence_number', 'long'),
    required(503, 'added_snapshot_id', 'long'),
    required(504, 'added_files_count', 'int'),
    required(505, 'existing_files_count', 'int'),
    required(506, 'deleted_files_count', 'int'),
    required(512, 'added_rows_count', 'long'),
    required(513, 'existing_rows_count', 'long'),
    required(514, 'deleted_rows_count', 'long'),
    optional(507, 'partitions', {
      type: 'array',
      'element-id': 508,
      items: {
        type: 'record',
        name: 'r508',
        fields: [
          required(509, 'contains_null', 'boolean'),
          optional(518, 'contains_nan', 'boolean'),
          optional(510, 'lower_bound', 'bytes'),
          optional(511, 'upper_bound', 'bytes'),
        ],
      },
    }),
    optional(519, 'key_metadata', 'bytes'),
  ],
}

/** Bytes that hold every decimal of the precision: `fixed` of the least size. */
export function decimalSize(precision: number): number {
  const largest = 10n ** BigInt(precision) - 1n
  let size = 1
  while (largest >= 1n << BigInt(size * 8 - 1)) size++
  return size
}

/** Avro's name of the branch that an optional value of the type takes. */
export function avroBranch(type: ValueType, name: string): string {
  const avro = avroType(type, name)
  if (typeof avro === 'string') return avro
  return avro.type === 'fixed' ? name : avro.type
}

interface AvroType {
  readonly type: string
  readonly [attribute: string]: unknown
}

export function avroType(type: ValueType, name: string): string | AvroType {
  switch (type.kind) {
    case 'boolean':
    case 'int':
    case 'long':
    case 'float':
    case 'double':
    case 'string':
      return type.kind
    case 'binary':
      return 'bytes'
    case 'date':
      return { type: 'int', logicalType: 'date' }
    case 'time':
      return { type: 'long', logicalType: 'time-micros' }
    case 'timestamp':
    case 'timestamptz':
      return { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': type.kind === 'timestamptz' }
    case 'decimal':
      return {
        type: 'fixed',
        name,
        size: decimalSize(type.precision),
        logicalType: 'decimal',
        precision: type.precision,
        scale: type.scale,
      }
    case 'fixed':
      return { type: 'fixed', name, size: type.length }
    case 'uuid':
      return { type: 'fixed', name, size: 16, logicalType: 'uuid' }
  }
}

/** Names of Avro are letters, digits and `_`; readers go by the ids. */
export function avroName(name: string): string {
  const safe = Array.from(name, (char) =>
    /[A-Za-z0-9_]/.test(char) ? char : `_x${char.codePointAt(0)!.toString(16).toUpperCase()}`,
  ).join('')
  return /^[0-9]/.test(safe) ? `_${safe}` : safe
}

function required(id: number, name: string, type: unknown) {
  return { name, type, 'field-id': id }
}

function optional(id: number, name: string, type: unknown) {
  return { name, type: ['null', type], default: null, 'field-id': id }
}

/** Maps whose keys are no text are lists of pairs. */
function mapOf(keyId: number, valueId: number, value: string) {
  return {
    type: 'array',
    logicalType: 'map',
    items: {
      type: 'record',
      name: `k${keyId}_v${valueId}`,
      fields: [required(keyId, 'key', 'int'), required(valueId, 'value', value)],
    },
  }
}
