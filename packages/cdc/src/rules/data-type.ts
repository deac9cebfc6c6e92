/**
 * DMS' data types in rules (`change-data-type`, `add-column`): `{"type": "numeric", "precision": 10, "scale": 2}` becomes a column type.
 * Lengths, precisions and scales may be written as texts.
 */
import type { ColumnType } from '../model/table-schema.ts'
import type { RuleReader } from './rule-reader.ts'

const names = [
  'bytes',
  'date',
  'time',
  'datetime',
  'int1',
  'int2',
  'int4',
  'int8',
  'numeric',
  'real4',
  'real8',
  'string',
  'uint1',
  'uint2',
  'uint4',
  'uint8',
  'wstring',
  'blob',
  'nclob',
  'clob',
  'boolean',
] as const

const precisionMax = 38

export function readDataType(reader: RuleReader): ColumnType {
  reader.onlyHas(['type', 'length', 'precision', 'scale'])
  const name = reader.oneOf('type', names)
  const length = reader.optionalInteger('length')
  if (length !== undefined && length < 1) throw reader.error('length', 'a whole number from 1 on')
  const sized = length === undefined ? {} : { length }
  switch (name) {
    case 'bytes':
      return { kind: 'bytes', native: name, ...sized }
    case 'blob':
      return { kind: 'bytes', native: name, isLarge: true, ...sized }
    case 'string':
    case 'wstring':
      // A length even where none was given tells it from a LOB, for DMS' names of types.
      return { kind: 'text', native: name, length: length ?? 4000 }
    case 'clob':
    case 'nclob':
      return { kind: 'text', native: name, isLarge: true, ...sized }
    case 'boolean':
      return { kind: 'boolean', native: name }
    case 'date':
      return { kind: 'date', native: name }
    case 'time':
      return { kind: 'time', native: name, ...fraction(reader) }
    case 'datetime':
      return { kind: 'datetime', native: name, ...fraction(reader) }
    case 'real4':
      return { kind: 'float', native: name, bits: 32 }
    case 'real8':
      return { kind: 'float', native: name, bits: 64 }
    case 'numeric': {
      const precision = reader.optionalInteger('precision') ?? precisionMax
      const scale = reader.optionalInteger('scale') ?? 0
      if (precision < 1 || precision > precisionMax)
        throw reader.error('precision', `a whole number from 1 to ${precisionMax}`)
      if (scale < 0 || scale > precision) throw reader.error('scale', `a whole number from 0 to ${precision}`)
      return { kind: 'decimal', native: `numeric(${precision},${scale})`, precision, scale }
    }
    default: {
      const isUnsigned = name.startsWith('u')
      const bits = Number(name.at(-1)) * 8
      return { kind: 'integer', native: name, bits, isUnsigned }
    }
  }
}

function fraction(reader: RuleReader): { readonly scale?: number } {
  const scale = reader.optionalInteger('scale')
  if (scale !== undefined && (scale < 0 || scale > 6))
    throw reader.error('scale', 'a whole number from 0 to 6')
  return scale === undefined ? {} : { scale }
}
