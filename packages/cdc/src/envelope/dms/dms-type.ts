/**
 * Types as DMS names them in control records, from those of MySQL and Postgres (its pages on these sources). Where the two databases
 * differ, so does DMS: MySQL's TEXT is a WSTRING, Postgres' an NCLOB.
 */
import type { DatabaseKind } from '../../database/database.ts'
import type { ColumnType } from '../../model/table-schema.ts'

export interface DmsType {
  readonly type: string
  readonly length?: number
  readonly precision?: number
  readonly scale?: number
}

/** Digits that a NUMERIC of DMS holds; wider ones are a STRING there. */
const numericDigitsMax = 38

export function dmsType(database: DatabaseKind, type: ColumnType): DmsType {
  const isPostgres = database === 'postgres'
  switch (type.kind) {
    case 'boolean':
      return { type: 'BOOLEAN' }
    case 'integer': {
      const bytes = type.bits === 8 ? 1 : type.bits === 16 ? 2 : type.bits === 64 ? 8 : 4
      return { type: `${type.isUnsigned ? 'UINT' : 'INT'}${bytes}` }
    }
    case 'year':
      return { type: 'INT2' }
    case 'decimal':
      if (type.precision !== undefined && type.precision <= numericDigitsMax)
        return { type: 'NUMERIC', precision: type.precision, scale: type.scale ?? 0 }
      // Unbounded numerics of Postgres have no scale to name.
      return type.precision === undefined
        ? { type: 'NUMERIC' }
        : { type: 'STRING', length: type.precision + 2 }
    case 'float':
      return { type: isPostgres && type.bits === 32 ? 'REAL4' : 'REAL8' }
    case 'date':
      return { type: 'DATE' }
    case 'datetime':
    case 'instant':
      return { type: 'DATETIME', ...(type.scale === undefined ? {} : { scale: type.scale }) }
    case 'time':
    case 'time-zoned':
      return isPostgres ? { type: 'TIME' } : { type: 'STRING', length: 17 }
    case 'bits':
      if (isPostgres) return sized('STRING', type.bits)
      return type.bits === 1
        ? { type: 'BOOLEAN' }
        : { type: 'BYTES', length: Math.ceil((type.bits ?? 64) / 8) }
    case 'text':
      if (type.native === 'xml') return { type: 'CLOB' }
      // Of Postgres only what has a length is a string; the texts of other types of its have none.
      if (type.isLarge || (isPostgres && type.length === undefined)) return sized('NCLOB', type.length)
      return sized('WSTRING', type.length)
    case 'enum':
    case 'set':
      return isPostgres ? { type: 'STRING', length: 64 } : sized('WSTRING', labelsLength(type))
    case 'uuid':
      return { type: 'STRING', length: 36 }
    case 'interval':
      return { type: 'STRING', length: 128 }
    case 'json':
      return { type: isPostgres ? 'NCLOB' : 'CLOB' }
    case 'bytes':
      return isPostgres || type.isLarge ? sized('BLOB', type.length) : sized('BYTES', type.length)
    case 'geometry':
      return { type: 'BLOB' }
    case 'array':
      return { type: 'NCLOB' }
    case 'other':
      return otherType(type.native)
  }
}

const postgresTexts = new Map<string, DmsType>([
  ['money', { type: 'NUMERIC', precision: 38, scale: 4 }],
  ['cidr', { type: 'STRING', length: 50 }],
  ['inet', { type: 'STRING', length: 50 }],
  ['macaddr', { type: 'STRING', length: 18 }],
  ['tsvector', { type: 'CLOB' }],
  ['tsquery', { type: 'CLOB' }],
  ['path', { type: 'CLOB' }],
  ['polygon', { type: 'CLOB' }],
  ['hstore', { type: 'NCLOB' }],
])

function otherType(native: string): DmsType {
  return postgresTexts.get(native) ?? { type: 'STRING', length: 255 }
}

function sized(type: string, length: number | undefined): DmsType {
  return length === undefined ? { type } : { type, length }
}

/** The longest value: of a set, all labels with their commas. */
function labelsLength(type: ColumnType): number | undefined {
  const lengths = type.labels?.map((label) => label.length)
  if (lengths === undefined || lengths.length === 0) return undefined
  return type.kind === 'set' ? lengths.reduce((sum, length) => sum + length + 1, -1) : Math.max(...lengths)
}
