/**
 * The order of a table's rows by their key, as statements and as comparison. Rows are read by `WHERE key > last ORDER BY key LIMIT n`. The
 * condition is written out (`a > 1 OR a = 1 AND b > 2`), since MySQL finds ranges of an index in that and not in `(a, b) > (1, 2)`.
 *
 * Texts are compared by the server with the collation of their column; so are MariaDB's uuids and addresses, which have orders of their
 * own. Enums and sets stand in the order of their numbers, though they compare as texts, so their numbers are compared.
 */
import type { ColumnValue } from '../../model/column-value.ts'
import type { Column, ColumnType, TableSchema } from '../../model/table-schema.ts'
import type { SqlValue } from '../connection/mysql-session.ts'
import type { MysqlTable } from '../schema/mysql-table.ts'
import { quotedName } from '../schema/read-tables.ts'

export interface Condition {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

/** `a, b` for ORDER BY. */
export function orderOf(schema: TableSchema): string {
  return keyColumns(schema).map(ordered).join(', ')
}

/** Rows behind this key. */
export function behind(schema: TableSchema, key: readonly ColumnValue[]): Condition {
  const columns = keyColumns(schema)
  const values: SqlValue[] = []
  const alternatives = columns.map((_, last) => {
    const parts = columns.slice(0, last + 1).map((column, i) => {
      const { sql, values: its } = constant(column, key[i])
      values.push(...its)
      return `${ordered(column)} ${i === last ? '>' : '='} ${sql}`
    })
    return `(${parts.join(' AND ')})`
  })
  return { sql: `(${alternatives.join(' OR ')})`, values }
}

/** Whether the index of the key has the rows in this order. */
export function isInIndexOrder(schema: TableSchema): boolean {
  return keyColumns(schema).every(({ type }) => type.kind !== 'enum' && type.kind !== 'set')
}

/** How keys are compared: here, or by an expression that the server answers -1, 0 or 1 to. Undefined where it is done here. */
export function serverComparison(
  column: Column,
  table: MysqlTable,
  a: ColumnValue,
  b: ColumnValue,
): Condition | undefined {
  const { kind, native } = column.type
  const collation = table.columns.find(({ name }) => name === column.name)?.collation
  let operand: string | undefined
  if (kind === 'text' && collation !== undefined) {
    const charset = column.type.charset ?? 'utf8mb4'
    operand = `CONVERT(? USING ${charset}) COLLATE ${collation}`
  } else if (kind === 'uuid' || kind === 'other') operand = `CAST(? AS ${native.replace(/\W.*/, '')})`
  if (operand === undefined) return undefined
  const [left, right] = [String(a), String(b)]
  const sql = `CASE WHEN ${operand} < ${operand} THEN -1 WHEN ${operand} = ${operand} THEN 0 ELSE 1 END`
  return { sql, values: [left, right, left, right] }
}

/** Of values whose order is the same here and there. */
export function compareHere({ type }: Column, a: ColumnValue, b: ColumnValue): number {
  switch (type.kind) {
    case 'bytes':
      // Values of columns of bytes are byte arrays.
      return Buffer.compare(a as Uint8Array, b as Uint8Array)
    case 'decimal':
      return compareDecimals(String(a), String(b))
    case 'enum':
    case 'set':
      return signOf(labelNumber(type, a), labelNumber(type, b))
    case 'time':
      return signOf(timeNumber(String(a)), timeNumber(String(b)))
    case 'integer':
    case 'year':
    case 'float':
      // Numbers and bigints compare by value with each other.
      return signOf(a as number, b as number)
    default:
      // Dates and bits: texts of one length.
      return signOf(String(a), String(b))
  }
}

export function keyColumns(schema: TableSchema): readonly Column[] {
  return schema.key.map((index) => schema.columns[index]!)
}

function ordered({ name, type }: Column): string {
  return type.kind === 'enum' || type.kind === 'set' ? `(${quotedName(name)} + 0)` : quotedName(name)
}

function constant({ type }: Column, value: ColumnValue): Condition {
  switch (type.kind) {
    case 'decimal':
      // As a text it would be compared as a binary float.
      return { sql: `CAST(? AS DECIMAL(65, ${type.scale ?? 0}))`, values: [String(value)] }
    case 'float':
      return { sql: '(? + 0e0)', values: [Number(value)] }
    case 'bits':
      return { sql: '?', values: [BigInt(`0b${String(value)}`)] }
    case 'enum':
    case 'set':
      return { sql: '?', values: [labelNumber(type, value)] }
    case 'bytes':
      return { sql: '?', values: [value as Uint8Array] }
    case 'integer':
    case 'year':
      // By the kinds' forms: numbers and bigints.
      return { sql: '?', values: [value as number | bigint] }
    default:
      return { sql: '?', values: [String(value)] }
  }
}

/** Of an enum its label's place from 1, of a set the sum of its labels' bits; 0 is the empty text of both. */
function labelNumber({ kind, labels = [] }: ColumnType, value: ColumnValue): bigint {
  const text = String(value)
  if (kind === 'enum') return BigInt(labels.indexOf(text) + 1)
  if (text === '') return 0n
  return text.split(',').reduce((sum, label) => sum | (1n << BigInt(labels.indexOf(label))), 0n)
}

function compareDecimals(a: string, b: string): number {
  const isNegative = a.startsWith('-')
  if (isNegative !== b.startsWith('-')) return isNegative ? -1 : 1
  // Equal scales: without the point both are whole numbers.
  return signOf(BigInt(a.replace('.', '')), BigInt(b.replace('.', '')))
}

/** Microseconds. */
function timeNumber(text: string): number {
  const [, sign, hours, minutes, seconds, fraction = ''] =
    /^(-?)(\d+):(\d\d):(\d\d)(?:\.(\d+))?$/.exec(text) ?? []
  const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)
  const micros = whole * 1e6 + Number(fraction.padEnd(6, '0'))
  return sign === '-' ? -micros : micros
}

function signOf<T extends number | bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}
