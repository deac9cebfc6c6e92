/**
 * SQL types as text: `parseSqlType('DECIMAL(5,2)')` and back. Both dialects' spellings of a type are read; formatting
 * writes one canonical spelling, so parse(format(t)) = t. Also says how a column holds a type (`physicalKind`).
 */
import type { SqlType, SqlTypeKind } from './sql-type.ts'
import { ValueError } from './value-error.ts'

/** Largest DECIMAL precision of either dialect; the binder lowers it to its own. */
export const decimalPrecisionMax = 38
/** Largest declared length of a text or binary type; STRING and BYTES mean this. */
export const textLengthMax = 0x7fff_ffff

const plainKinds: Readonly<Record<string, SqlType>> = {
  BOOLEAN: { kind: 'BOOLEAN' },
  TINYINT: { kind: 'TINYINT' },
  SMALLINT: { kind: 'SMALLINT' },
  INT: { kind: 'INTEGER' },
  INTEGER: { kind: 'INTEGER' },
  BIGINT: { kind: 'BIGINT' },
  REAL: { kind: 'REAL' },
  FLOAT: { kind: 'DOUBLE' },
  DOUBLE: { kind: 'DOUBLE' },
  'DOUBLE PRECISION': { kind: 'DOUBLE' },
  DATE: { kind: 'DATE' },
  TIME: { kind: 'TIME' },
  TIMESTAMP: { kind: 'TIMESTAMP' },
  'INTERVAL DAY TO SECOND': { kind: 'INTERVAL_DAY' },
  'INTERVAL YEAR TO MONTH': { kind: 'INTERVAL_MONTH' },
  STRING: { kind: 'VARCHAR', length: textLengthMax },
  BYTES: { kind: 'VARBINARY', length: textLengthMax },
  NULL: { kind: 'NULL' },
}

const lengthKinds: Readonly<Record<string, 'CHAR' | 'VARCHAR' | 'BINARY' | 'VARBINARY'>> = {
  CHAR: 'CHAR',
  CHARACTER: 'CHAR',
  VARCHAR: 'VARCHAR',
  'CHARACTER VARYING': 'VARCHAR',
  'CHAR VARYING': 'VARCHAR',
  BINARY: 'BINARY',
  VARBINARY: 'VARBINARY',
  'BINARY VARYING': 'VARBINARY',
}

const decimalNames = new Set(['DECIMAL', 'DEC', 'NUMERIC'])

/** Reads a type in any letter case, for instance `varchar(16)`, `DECIMAL(5, 2)`, `DOUBLE PRECISION`. Throws VAL1001. */
export function parseSqlType(text: string): SqlType {
  const match = /^\s*([A-Za-z]+(?:\s+[A-Za-z]+)*)\s*(?:\(\s*(\d{1,10})\s*(?:,\s*(\d{1,10})\s*)?\))?\s*$/.exec(
    text,
  )
  if (match === null)
    throw notAType(text, 'Write a name with its lengths, such as VARCHAR(16) or DECIMAL(5,2).')
  const name = match[1]!.toUpperCase().replace(/\s+/g, ' ')
  const first = match[2] === undefined ? undefined : Number(match[2])
  const second = match[3] === undefined ? undefined : Number(match[3])
  if (decimalNames.has(name)) {
    const precision = first ?? 18
    const scale = second ?? 0
    if (precision < 1 || precision > decimalPrecisionMax || scale > precision) {
      throw notAType(text, `Precision is 1 to ${decimalPrecisionMax}, scale 0 to the precision.`)
    }
    return { kind: 'DECIMAL', precision, scale }
  }
  const lengthKind = lengthKinds[name]
  if (lengthKind !== undefined && second === undefined) {
    const length = first ?? 1
    if (length < 1 || length > textLengthMax) throw notAType(text, `A length is 1 to ${textLengthMax}.`)
    return { kind: lengthKind, length }
  }
  const plain = plainKinds[name]
  if (plain !== undefined && second === undefined) {
    if (first === undefined) return plain
    // Fractional seconds are held in ms whatever the declared precision; 0 to 9 is what SQL allows.
    if ((plain.kind === 'TIMESTAMP' || plain.kind === 'TIME') && first <= 9) return plain
  }
  throw notAType(
    text,
    'Known types: BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, REAL, DOUBLE, DECIMAL(p,s), CHAR(n), VARCHAR(n), BINARY(n), VARBINARY(n), DATE, TIME, TIMESTAMP.',
  )
}

export function formatSqlType(type: SqlType): string {
  switch (type.kind) {
    case 'DECIMAL':
      return `DECIMAL(${type.precision},${type.scale})`
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
      return `${type.kind}(${type.length})`
    case 'INTERVAL_DAY':
      return 'INTERVAL DAY TO SECOND'
    case 'INTERVAL_MONTH':
      return 'INTERVAL YEAR TO MONTH'
    default:
      return type.kind
  }
}

/** How a column holds values of the type: as float64 numbers or as slices of byte pages. */
export function physicalKind(type: SqlType): 'number' | 'text' {
  return physicalKinds[type.kind]
}

const physicalKinds = {
  BOOLEAN: 'number',
  TINYINT: 'number',
  SMALLINT: 'number',
  INTEGER: 'number',
  BIGINT: 'number',
  REAL: 'number',
  DOUBLE: 'number',
  DECIMAL: 'number',
  CHAR: 'text',
  VARCHAR: 'text',
  BINARY: 'text',
  VARBINARY: 'text',
  DATE: 'number',
  TIME: 'number',
  TIMESTAMP: 'number',
  INTERVAL_DAY: 'number',
  INTERVAL_MONTH: 'number',
  NULL: 'number',
  TIMESTAMP_LTZ: 'number',
  ARRAY: 'text',
  MULTISET: 'text',
  MAP: 'text',
  ROW: 'text',
} as const satisfies Record<SqlTypeKind, 'number' | 'text'>

function notAType(text: string, allowed: string): ValueError {
  return new ValueError('VAL1001', `"${text.slice(0, 80)}" is not an SQL type. ${allowed}`)
}
