/** Partition specs by the names of columns, as people write them, and back; partition values of rows. */
import { LakeError } from '../../errors.ts'
import type { IcebergSchema, PartitionField, PartitionSpec } from '../metadata.ts'
import type { PartitionBy, PartitionTuple } from '../table-port.ts'
import { findField, findFieldById, mustFindField, valueTypeOf, walkFields } from './iceberg-schema.ts'
import type { PartitionColumn } from './manifest-schema.ts'
import {
  applyTransform,
  parseTransform,
  partitionText,
  refusal,
  type Transform,
  transformResult,
} from './transform.ts'
import { valueOfPlain } from './value-text.ts'
import type { ValueType } from './value-type.ts'

const firstPartitionId = 1000

/**
 * Fields of a new spec. What an older spec has of the same column and transform keeps its id and, unless another is given, its name.
 * Errors: ICEBERG_PARTITION_INVALID, ICEBERG_SCHEMA_INVALID for a column that is not there.
 */
export function partitionFields(
  schema: IcebergSchema,
  by: readonly PartitionBy[],
  older: readonly PartitionSpec[],
  lastId = firstPartitionId - 1,
): PartitionField[] {
  let last = lastId
  for (const spec of older) for (const field of spec.fields) last = Math.max(last, field['field-id'])
  const known = older.flatMap((spec) => spec.fields)
  const names = new Set<string>()
  return by.map(({ column, transform, name }) => {
    const found = mustFindField(schema, column)
    const type = valueTypeOf(found.field)
    const parsed = parseTransform(transform)
    if (parsed.kind === 'unknown') {
      throw new LakeError(
        'ICEBERG_PARTITION_INVALID',
        `${JSON.stringify(transform)} is no transform for the column "${column}". ` +
          'There are identity, bucket[N], truncate[W], year, month, day, hour and void.',
      )
    }
    if (type === undefined || found.isRepeated) {
      throw new LakeError(
        'ICEBERG_PARTITION_INVALID',
        `Column "${column}" holds no single value in each row, so it cannot be partitioned by. A field of a struct can.`,
      )
    }
    if (transformResult(parsed, type) === undefined) throw refusal(parsed, type, column)
    const same = known.find(
      (field) =>
        field['source-id'] === found.field.id && transformText(field.transform) === transformText(transform),
    )
    const field = {
      'source-id': found.field.id,
      'field-id': same?.['field-id'] ?? ++last,
      name: name ?? same?.name ?? defaultName(column, parsed),
      transform: transformText(transform),
    }
    checkName(schema, field, parsed)
    if (names.has(field.name)) {
      throw new LakeError(
        'ICEBERG_PARTITION_INVALID',
        `Two partition fields are named "${field.name}". Name one of them.`,
      )
    }
    names.add(field.name)
    return field
  })
}

/** Names of a spec's columns now, for people. */
export function partitionByOf(schema: IcebergSchema, spec: PartitionSpec): PartitionBy[] {
  return spec.fields.flatMap((field) => {
    const found = findFieldById(schema, field['source-id'])
    return found === undefined ? [] : [{ column: found.path, transform: field.transform, name: field.name }]
  })
}

/** Finds out partitions of rows, made once for a spec. */
export interface Partitioner {
  /** Values of a row in the order of the schema's columns, as the Parquet writer takes them. Error: ICEBERG_PARTITION_INVALID. */
  of(row: readonly unknown[]): PartitionTuple
}

export function makePartitioner(schema: IcebergSchema, columns: readonly PartitionColumn[]): Partitioner {
  const sources = columns.map(({ sourceId, transform, source, name }) => {
    const found = [...walkFields(schema)].find(({ field }) => field.id === sourceId)
    if (transform.kind === 'void') return { path: [], type: undefined, transform }
    if (found === undefined || source === undefined) {
      throw new LakeError(
        'ICEBERG_PARTITION_INVALID',
        `The partition field "${name}" is made from a column that is not there any more. Change the partition spec first.`,
      )
    }
    return { path: indexPath(schema, sourceId), type: source, transform }
  })
  return {
    of: (row) => sources.map((source) => (source.type === undefined ? null : partitionValue(row, source))),
  }
}

function partitionValue(
  row: readonly unknown[],
  { path, type, transform }: { path: readonly number[]; type: ValueType; transform: Transform },
) {
  let value: unknown = row
  for (const index of path) {
    if (!Array.isArray(value)) return null
    value = value[index]
  }
  return applyTransform(transform, type, valueOfPlain(type, value))
}

/** Positions of a field in its row, from the top through structs. */
function indexPath(schema: IcebergSchema, id: number): number[] {
  const search = (fields: IcebergSchema['fields']): number[] | undefined => {
    for (const [i, field] of fields.entries()) {
      if (field.id === id) return [i]
      if (typeof field.type !== 'string' && field.type.type === 'struct') {
        const below = search(field.type.fields)
        if (below !== undefined) return [i, ...below]
      }
    }
    return undefined
  }
  return search(schema.fields) ?? []
}

/** Text that is equal for equal partitions of one spec, and for no others. */
export function partitionKey(specId: number, partition: PartitionTuple): string {
  const part = (value: PartitionTuple[number]) =>
    value === null
      ? '~'
      : value instanceof Uint8Array
        ? `x${Buffer.from(value).toString('hex')}`
        : typeof value === 'string'
          ? JSON.stringify(value)
          : Object.is(value, -0)
            ? '-0'
            : String(value)
  return `${specId}/${partition.map(part).join('/')}`
}

/**
 * Folder of a partition's files, for people: `at_day=2026-11-21/shop_bucket=3`. What a partition is stands in the manifests; characters
 * that some reader of URLs might change are `_`.
 */
export function partitionFolder(columns: readonly PartitionColumn[], partition: PartitionTuple): string {
  const safe = (text: string) => text.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, 64)
  return columns
    .map(({ name, transform, source }, i) => {
      const value = partition[i] ?? null
      const text = source === undefined ? String(value) : partitionText(transform, source, value)
      return `${safe(name)}=${safe(text)}`
    })
    .join('/')
}

function defaultName(column: string, transform: Transform): string {
  switch (transform.kind) {
    case 'identity':
      return column
    case 'truncate':
      return `${column}_trunc`
    case 'void':
      return `${column}_null`
    default:
      return `${column}_${transform.kind}`
  }
}

/** Without white space: `bucket[ 16 ]` is `bucket[16]`. */
function transformText(text: string): string {
  return text.replace(/\s+/g, '')
}

/** A field may be named like a column only if it is that column's own value: engines show both in one row. */
function checkName(schema: IcebergSchema, field: PartitionField, transform: Transform): void {
  const column = findField(schema, field.name)
  if (column === undefined) return
  if (transform.kind === 'identity' && column.field.id === field['source-id']) return
  throw new LakeError(
    'ICEBERG_PARTITION_INVALID',
    `The partition field "${field.name}" has the name of a column. Give it another with "name".`,
  )
}
