/**
 * Types as Hive's DDL and Glue's catalog write them: `decimal(10,2)`, `array<struct<id:int,tags:map<string,string>>>`.
 *
 *   type   = name [ '(' whole [',' whole] ')' ] | array '<' type '>' | map '<' type ',' type '>' | struct '<' [ field {',' field} ] '>'
 *   field  = name ':' type [ comment 'text' ]          names bare, or between backquotes
 *
 * What the lake has one type for is read into it, and printed as that: tinyint, smallint and int are `int`, varchar(n) and char(n)
 * are `string`. formatHiveType(parseHiveType(x)) therefore means at least what x means, and parse(format(t)) is t.
 */
import type { LakeColumn, LakeType, PrimitiveKind } from './lake-type.ts'
import { decimalArguments, TypeText, typeDepthMax } from './type-text.ts'

const primitives: Readonly<Record<string, PrimitiveKind>> = {
  boolean: 'boolean',
  tinyint: 'int',
  smallint: 'int',
  int: 'int',
  integer: 'int',
  bigint: 'long',
  long: 'long',
  float: 'float',
  real: 'float',
  double: 'double',
  string: 'string',
  varchar: 'string',
  char: 'string',
  binary: 'binary',
  date: 'date',
  time: 'time',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
}

const formatted: Readonly<Record<PrimitiveKind, string>> = {
  boolean: 'boolean',
  int: 'int',
  long: 'bigint',
  float: 'float',
  double: 'double',
  string: 'string',
  binary: 'binary',
  date: 'date',
  time: 'time',
  timestamp: 'timestamp',
  timestamptz: 'timestamp with local time zone',
}

/** Error: LAKE_TYPE_INVALID, with the place in the text. */
export function parseHiveType(text: string): LakeType {
  const cursor = new TypeText(text)
  const type = readType(cursor, 0)
  cursor.end()
  return type
}

export function formatHiveType(type: LakeType): string {
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`
    case 'list':
      return `array<${formatHiveType(type.element)}>`
    case 'map':
      return `map<${formatHiveType(type.key)},${formatHiveType(type.value)}>`
    case 'struct':
      return `struct<${type.fields.map((field) => `${hiveName(field.name)}:${formatHiveType(field.type)}`).join(',')}>`
    default:
      return formatted[type.kind]
  }
}

function readType(text: TypeText, depth: number): LakeType {
  if (depth > typeDepthMax) text.fail(`types are nested deeper than ${typeDepthMax}`)
  const name = text.word('the name of a type').toLowerCase()
  switch (name) {
    case 'array': {
      text.expect('<')
      const element = readType(text, depth + 1)
      text.expect('>')
      return { kind: 'list', element }
    }
    case 'map': {
      text.expect('<')
      const key = readType(text, depth + 1)
      text.expect(',')
      const value = readType(text, depth + 1)
      text.expect('>')
      return { kind: 'map', key, value }
    }
    case 'struct':
      return { kind: 'struct', fields: readFields(text, depth) }
    case 'decimal':
    case 'numeric':
      // Hive's default.
      return decimalArguments(text, { precision: 10, scale: 0 })
    case 'uniontype':
      return text.fail('uniontype is not supported; use a struct with one field for each of its types')
  }
  const kind = primitives[name]
  if (kind === undefined) {
    return text.fail(
      `there is no type "${name}"; types are ${Object.keys(primitives).join(', ')}, decimal, array, map and struct`,
    )
  }
  if (name === 'varchar' || name === 'char') readLength(text)
  if (name === 'double') text.take('precision')
  if (name === 'timestamp' && text.take('with')) {
    text.take('local')
    text.expect('time')
    text.expect('zone')
    return { kind: 'timestamptz' }
  }
  return { kind }
}

function readFields(text: TypeText, depth: number): LakeColumn[] {
  const fields: LakeColumn[] = []
  text.expect('<')
  while (!text.take('>')) {
    if (fields.length > 0) text.expect(',')
    const name = text.name('`', /[:,<>]/)
    text.expect(':')
    const type = readType(text, depth + 1)
    const comment = text.take('comment') || text.take('COMMENT') ? text.name("'", /[,>]/) : undefined
    fields.push(comment === undefined ? { name, type } : { name, type, comment })
  }
  if (fields.length === 0) text.fail('a struct has at least one field')
  return fields
}

function readLength(text: TypeText): void {
  if (!text.take('(')) return
  text.whole('the length')
  text.expect(')')
}

function hiveName(name: string): string {
  return /^[A-Za-z0-9_]+$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``
}
