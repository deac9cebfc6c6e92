/**
 * Types as DuckDB writes them: `DECIMAL(10,2)`, `STRUCT(id INTEGER, tags VARCHAR[])`. Reading takes what DuckDB's DESCRIBE prints;
 * types that the lake has no name for become the next larger one (HUGEINT a decimal of 38 digits, UUID and JSON text), and undefined
 * says that there is none (UNION, INTERVAL).
 */
import type { LakeColumn, LakeType, PrimitiveKind } from './lake-type.ts'
import { decimalArguments, TypeText, typeDepthMax } from './type-text.ts'

const names: Readonly<Record<PrimitiveKind, string>> = {
  boolean: 'BOOLEAN',
  int: 'INTEGER',
  long: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  string: 'VARCHAR',
  binary: 'BLOB',
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMP WITH TIME ZONE',
}

const kinds: Readonly<Record<string, LakeType>> = {
  BOOLEAN: { kind: 'boolean' },
  TINYINT: { kind: 'int' },
  SMALLINT: { kind: 'int' },
  INTEGER: { kind: 'int' },
  UTINYINT: { kind: 'int' },
  USMALLINT: { kind: 'int' },
  UINTEGER: { kind: 'long' },
  BIGINT: { kind: 'long' },
  UBIGINT: { kind: 'decimal', precision: 20, scale: 0 },
  // Values of more than 38 digits do not occur in files that others write for this type.
  HUGEINT: { kind: 'decimal', precision: 38, scale: 0 },
  FLOAT: { kind: 'float' },
  DOUBLE: { kind: 'double' },
  VARCHAR: { kind: 'string' },
  UUID: { kind: 'string' },
  JSON: { kind: 'string' },
  ENUM: { kind: 'string' },
  BLOB: { kind: 'binary' },
  DATE: { kind: 'date' },
  TIME: { kind: 'time' },
  TIMESTAMP: { kind: 'timestamp' },
  TIMESTAMP_S: { kind: 'timestamp' },
  TIMESTAMP_MS: { kind: 'timestamp' },
  TIMESTAMP_NS: { kind: 'timestamp' },
  TIMESTAMPTZ: { kind: 'timestamptz' },
}

export function duckTypeText(type: LakeType): string {
  switch (type.kind) {
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`
    case 'list':
      return `${duckTypeText(type.element)}[]`
    case 'map':
      return `MAP(${duckTypeText(type.key)}, ${duckTypeText(type.value)})`
    case 'struct':
      return `STRUCT(${type.fields.map((field) => `${duckName(field.name)} ${duckTypeText(field.type)}`).join(', ')})`
    default:
      return names[type.kind]
  }
}

/** An identifier of SQL, quoted. */
export function duckName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Undefined: DuckDB has it and the lake has nothing for it. Error: LAKE_TYPE_INVALID if it is no type at all. */
export function parseDuckType(text: string): LakeType | undefined {
  const cursor = new TypeText(text)
  try {
    const type = readType(cursor, 0)
    cursor.end()
    return type
  } catch (error) {
    if (error === unsupported) return undefined
    throw error
  }
}

// Thrown through the recursion: a part that the lake has no type for leaves nothing of the whole.
const unsupported = new Error('no type of the lake')

function readType(text: TypeText, depth: number): LakeType {
  if (depth > typeDepthMax) text.fail(`types are nested deeper than ${typeDepthMax}`)
  let type = readOne(text, depth)
  while (text.take('[')) {
    if (!text.take(']')) {
      text.whole('the size of an array')
      text.expect(']')
    }
    type = { kind: 'list', element: type }
  }
  return type
}

function readOne(text: TypeText, depth: number): LakeType {
  const name = text.word('the name of a type').toUpperCase()
  switch (name) {
    case 'STRUCT': {
      const fields: LakeColumn[] = []
      text.expect('(')
      do {
        const field = text.name('"', /[\s(),]/)
        fields.push({ name: field, type: readType(text, depth + 1) })
      } while (text.take(','))
      text.expect(')')
      return { kind: 'struct', fields }
    }
    case 'MAP': {
      text.expect('(')
      const key = readType(text, depth + 1)
      text.expect(',')
      const value = readType(text, depth + 1)
      text.expect(')')
      return { kind: 'map', key, value }
    }
    case 'DECIMAL':
      return decimalArguments(text, { precision: 18, scale: 3 })
    case 'ENUM':
      if (text.take('(')) {
        do text.name("'", /[,)]/)
        while (text.take(','))
        text.expect(')')
      }
      return { kind: 'string' }
  }
  if ((name === 'TIMESTAMP' || name === 'TIME') && text.take('WITH')) {
    text.expect('TIME')
    text.expect('ZONE')
    if (name === 'TIMESTAMP') return { kind: 'timestamptz' }
    throw unsupported
  }
  const type = kinds[name]
  if (type === undefined) throw unsupported
  return type
}
