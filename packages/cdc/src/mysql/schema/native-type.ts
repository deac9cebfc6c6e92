/**
 * Types of columns as the server writes them (`int(10) unsigned`, `enum('a','b''c')`), and what their values are. The same text comes
 * from INFORMATION_SCHEMA.COLUMNS, from SHOW CREATE TABLE, and from our reading of statements, so that all three end in equal types.
 */
import type { ColumnType } from '../../model/table-schema.ts'
import { charsetOf } from './mysql-table.ts'

/** `collation`: of text, enum and set. `isJson`: a `longtext` with the check by which MariaDB stores JSON. */
export function columnType(text: string, collation: string | undefined, isJson = false): ColumnType {
  // MariaDB notes compression and old forms of times in comments.
  const plain = text.replace(/\s*\/\*.*?\*\//g, '')
  const [, word = '', list, attributes = ''] = /^(\w+)\s*(?:\(([\s\S]*)\))?([\w\s]*)$/.exec(plain) ?? []
  const base = word.toLowerCase()
  const isLabeled = base === 'enum' || base === 'set'
  const native = isLabeled ? `${base}(${list ?? ''})` : plain.toLowerCase()
  const charset = collation === undefined ? {} : { charset: charsetOf(collation) }
  if (isLabeled) return { kind: base, native, labels: readLabels(list ?? ''), ...charset }
  const numbers = (list ?? '')
    .split(',')
    .flatMap((digits) => (/^\s*\d+\s*$/.test(digits) ? [Number(digits)] : []))
  const [first, second] = numbers
  const isUnsigned = /\bunsigned\b|\bzerofill\b/i.test(attributes) ? { isUnsigned: true } : {}
  if (isJson) return { kind: 'json', native, isLarge: true, ...charset }
  const bits = integerBits.get(base)
  if (bits !== undefined) return { kind: 'integer', native, bits, ...isUnsigned }
  const bytesMax = bytesMaxOf.get(base)
  switch (base) {
    case 'decimal':
    case 'numeric':
      return { kind: 'decimal', native, precision: first ?? 10, scale: second ?? 0, ...isUnsigned }
    case 'float':
      return { kind: 'float', native, bits: 32, ...isUnsigned }
    case 'double':
      return { kind: 'float', native, bits: 64, ...isUnsigned }
    case 'bit':
      return { kind: 'bits', native, bits: first ?? 1 }
    case 'year':
      return { kind: 'year', native }
    case 'date':
      return { kind: 'date', native }
    case 'time':
      return { kind: 'time', native, scale: first ?? 0 }
    case 'datetime':
      return { kind: 'datetime', native, scale: first ?? 0 }
    case 'timestamp':
      return { kind: 'instant', native, scale: first ?? 0 }
    case 'char':
    case 'varchar':
      return { kind: 'text', native, length: first ?? 1, ...charset }
    case 'tinytext':
    case 'text':
      return { kind: 'text', native, length: bytesMax!, ...charset }
    case 'mediumtext':
    case 'longtext':
      return { kind: 'text', native, length: bytesMax!, isLarge: true, ...charset }
    case 'binary':
    case 'varbinary':
      return { kind: 'bytes', native, length: first ?? 1 }
    case 'tinyblob':
    case 'blob':
      return { kind: 'bytes', native, length: bytesMax! }
    case 'mediumblob':
    case 'longblob':
      return { kind: 'bytes', native, length: bytesMax!, isLarge: true }
    // Single floats, little-endian, as MySQL 9 and MariaDB 11.7 store them.
    case 'vector':
      return { kind: 'bytes', native, length: 4 * (first ?? 2048) }
    case 'json':
      return { kind: 'json', native, isLarge: true }
    case 'uuid':
      return { kind: 'uuid', native }
  }
  if (geometryTypes.has(base)) return { kind: 'geometry', native, isLarge: true }
  // inet6, inet4, and what servers to come may have: their text.
  return { kind: 'other', native }
}

/** Labels of `'a','b''c'`: quotes doubled, or escaped by backslashes as the server writes line breaks and zeros. */
export function readLabels(list: string): readonly string[] {
  const labels: string[] = []
  const label = /'((?:[^'\\]|''|\\[\s\S])*)'/g
  for (const [, inner = ''] of list.matchAll(label)) {
    labels.push(
      inner.replace(/''|\\([\s\S])/g, (_, escaped: string | undefined) =>
        escaped === undefined ? "'" : (escapes.get(escaped) ?? escaped),
      ),
    )
  }
  return labels
}

/** As the server writes them in a type. */
export function writeLabels(labels: readonly string[]): string {
  return labels
    .map((label) => `'${label.replace(/['\\\n\r\0]/g, (character) => written.get(character) ?? character)}'`)
    .join(',')
}

/** Bytes at most of the types of text and blobs. */
export const bytesMaxOf: ReadonlyMap<string, number> = new Map([
  ['tinytext', 255],
  ['text', 65_535],
  ['mediumtext', 16_777_215],
  ['longtext', 4_294_967_295],
  ['tinyblob', 255],
  ['blob', 65_535],
  ['mediumblob', 16_777_215],
  ['longblob', 4_294_967_295],
])

/** By their numbers in the log. */
export const geometryNames = [
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geometrycollection',
  'geomcollection',
] as const

export const geometryTypes: ReadonlySet<string> = new Set(geometryNames)

const integerBits: ReadonlyMap<string, number> = new Map([
  ['tinyint', 8],
  ['smallint', 16],
  ['mediumint', 24],
  ['int', 32],
  ['bigint', 64],
])

const escapes: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['0', '\0'],
  ['b', '\b'],
  ['Z', '\x1a'],
])

const written: ReadonlyMap<string, string> = new Map([
  ["'", "''"],
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\0', '\\0'],
])
