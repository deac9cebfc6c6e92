/**
 * What a type of Postgres is here: the kind of its values, and how its text is read. Domains are taken as what they are made of,
 * since the log sends their values like those; the types of extensions are known by name, because their OIDs differ from database to
 * database. Everything unknown keeps its text.
 */
import type { ColumnType } from '../../model/table-schema.ts'
import { arrayReader } from './read-array.ts'
import {
  type ReadValue,
  readBits,
  readBoolean,
  readBytes,
  readDecimal,
  readFloat,
  readGeometry,
  readInstant,
  readInteger,
  readText,
  readTime,
  readUuid,
} from './read-value.ts'

/** A row of pg_type, as far as it matters. */
export interface TypeEntry {
  readonly oid: number
  readonly name: string
  /** `b` base, `c` composite, `d` domain, `e` enum, `p` pseudo, `r` range, `m` multirange. */
  readonly form: string
  /** OID of the elements of an array; 0: no array. */
  readonly element: number
  /** Code of the character between elements. */
  readonly delimiter: number
  /** Of a domain. */
  readonly base: number
  readonly baseModifier: number
  readonly labels: readonly string[]
}

export interface PostgresType {
  readonly type: ColumnType
  readonly read: ReadValue
}

/** `entry` of any OID that is asked for; undefined where the type is gone. `native` is what format_type says. */
export function postgresType(
  oid: number,
  modifier: number,
  native: string,
  entryOf: (oid: number) => TypeEntry | undefined,
): PostgresType {
  const entry = entryOf(oid)
  if (entry === undefined) return { type: { kind: 'other', native }, read: readText }
  if (entry.form === 'd') {
    return postgresType(entry.base, modifier === -1 ? entry.baseModifier : modifier, native, entryOf)
  }
  if (entry.form === 'e') {
    return { type: { kind: 'enum', native, labels: entry.labels }, read: readText }
  }
  if (entry.element !== 0) {
    const element = postgresType(
      entry.element,
      modifier,
      native.endsWith('[]') ? native.slice(0, -2) : native,
      entryOf,
    )
    return {
      type: { kind: 'array', native, element: element.type },
      read: arrayReader(element.read, entry.delimiter),
    }
  }
  const known = builtIn.get(oid)?.(modifier) ?? ofExtension.get(entry.name)
  return known === undefined
    ? { type: { kind: 'other', native }, read: readText }
    : { type: { native, ...known.type }, read: known.read }
}

interface KnownType {
  readonly type: Omit<ColumnType, 'native'>
  readonly read: ReadValue
}

const fixed = (type: Omit<ColumnType, 'native'>, read: ReadValue) => {
  const known = { type, read }
  return () => known
}

/** The modifier of lengths counts four bytes of header with it. */
const headerBytes = 4

const sized = (modifier: number): KnownType => ({
  type: modifier < headerBytes ? { kind: 'text' } : { kind: 'text', length: modifier - headerBytes },
  read: readText,
})

const bits = (modifier: number): KnownType => ({
  type: modifier < 0 ? { kind: 'bits' } : { kind: 'bits', bits: modifier },
  read: readBits,
})

/** Digits of the fraction of a second, six where none are declared. */
const timeScale = 6

const timed =
  (kind: 'time' | 'time-zoned' | 'datetime' | 'instant', read: ReadValue) =>
  (modifier: number): KnownType => ({
    type: { kind, scale: modifier < 0 ? timeScale : modifier },
    read,
  })

const decimal = (modifier: number): KnownType => {
  if (modifier < headerBytes) return { type: { kind: 'decimal' }, read: readDecimal }
  const packed = modifier - headerBytes
  // Eleven bits with a sign: Postgres 15 has scales below zero.
  const scale = ((packed & 0x7ff) ^ 0x400) - 0x400
  return { type: { kind: 'decimal', precision: (packed >> 16) & 0xffff, scale }, read: readDecimal }
}

const unsigned32 = fixed({ kind: 'integer', bits: 32, isUnsigned: true }, readInteger)

/** By OID, which built-in types keep for ever (src/include/catalog/pg_type.dat). */
const builtIn = new Map<number, (modifier: number) => KnownType>([
  [16, fixed({ kind: 'boolean' }, readBoolean)],
  [17, fixed({ kind: 'bytes' }, readBytes)],
  [18, fixed({ kind: 'text', length: 1 }, readText)],
  [19, fixed({ kind: 'text', length: 63 }, readText)],
  [20, fixed({ kind: 'integer', bits: 64 }, readInteger)],
  [21, fixed({ kind: 'integer', bits: 16 }, readInteger)],
  [23, fixed({ kind: 'integer', bits: 32 }, readInteger)],
  [25, fixed({ kind: 'text' }, readText)],
  [26, unsigned32],
  [28, unsigned32],
  [29, unsigned32],
  [114, fixed({ kind: 'json' }, readText)],
  [142, fixed({ kind: 'text' }, readText)],
  [700, fixed({ kind: 'float', bits: 32 }, readFloat)],
  [701, fixed({ kind: 'float', bits: 64 }, readFloat)],
  [1042, sized],
  [1043, sized],
  [1082, fixed({ kind: 'date' }, readTime)],
  [1083, timed('time', readTime)],
  [1114, timed('datetime', readTime)],
  [1184, timed('instant', readInstant)],
  [1186, fixed({ kind: 'interval' }, readText)],
  [1266, timed('time-zoned', readTime)],
  [1560, bits],
  [1562, bits],
  [1700, decimal],
  [2950, fixed({ kind: 'uuid' }, readUuid)],
  [3802, fixed({ kind: 'json' }, readText)],
  [5069, fixed({ kind: 'integer', bits: 64, isUnsigned: true }, readInteger)],
])

const ofExtension = new Map<string, KnownType>([
  ['citext', { type: { kind: 'text' }, read: readText }],
  ['geometry', { type: { kind: 'geometry' }, read: readGeometry }],
  ['geography', { type: { kind: 'geometry' }, read: readGeometry }],
])
