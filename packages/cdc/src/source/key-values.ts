/**
 * Keys of rows, as loads need them: taken from rows, as texts that tell them apart, as JSON in what is kept, and in the order in
 * which the database reads chunks. Only orders that cannot differ between here and there are known here (numbers, bytes, MySQL's
 * times); for collated texts and everything else the database is asked (`TableReader.areAtMost`).
 */
import type { DatabaseKind } from '../database/database.ts'
import type { ColumnValue, Row } from '../model/column-value.ts'
import type { Column, TableSchema } from '../model/table-schema.ts'
import type { KeyValues } from '../snapshot/table-reader.ts'

export type KeyOrder = (a: KeyValues, b: KeyValues) => number

/** JSON of one value of a key. */
export type SavedValue =
  | null
  | boolean
  | number
  | string
  | { readonly bigint: string }
  | { readonly bytes: string }
  | { readonly number: string }
  | { readonly array: readonly SavedValue[] }

export function keyOf(row: Row, { key }: TableSchema): KeyValues {
  const values: ColumnValue[] = []
  for (let i = 0; i < key.length; i++) values.push(row[key[i]!])
  return values
}

/** Whether all of the key is known: a deleted row of a log without before images has nothing else. */
export function hasKey(row: Row, { key }: TableSchema): boolean {
  for (let i = 0; i < key.length; i++) if (row[key[i]!] === undefined) return false
  return true
}

/** Equal for equal keys only. */
export function keyText(values: KeyValues): string {
  const [first] = values
  if (values.length === 1 && (typeof first === 'number' || typeof first === 'string')) return String(first)
  let text = ''
  for (const value of values) {
    const part =
      value instanceof Uint8Array
        ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')
        : String(value)
    // With its length, so that no text of one part can reach into the next.
    text += `${part.length}:${part}`
  }
  return text
}

/** The order of a table's keys, undefined where only the database knows it. */
export function keyOrder(schema: TableSchema, kind: DatabaseKind): KeyOrder | undefined {
  const compares = schema.key.map((index) => valueOrder(schema.columns[index], kind))
  const known = compares.filter((compare) => compare !== undefined)
  if (known.length < compares.length || known.length === 0) return undefined
  return (a, b) => {
    for (let i = 0; i < known.length; i++) {
      const order = known[i]!(a[i], b[i])
      if (order !== 0) return order
    }
    return 0
  }
}

export function saveKey(values: KeyValues): SavedValue[] {
  return values.map(saveValue)
}

export function restoreKey(values: readonly SavedValue[]): KeyValues {
  return values.map(restoreValue)
}

/** About how much memory a row takes. */
export function rowBytes(row: Row | undefined): number {
  if (row === undefined) return 64
  let bytes = 64
  for (let i = 0; i < row.length; i++) {
    const value = row[i]
    if (typeof value === 'string') bytes += 24 + value.length
    else if (value instanceof Uint8Array) bytes += 96 + value.length
    else bytes += 16
  }
  return bytes
}

function valueOrder(column: Column | undefined, kind: DatabaseKind) {
  switch (column?.type.kind) {
    case 'integer':
    case 'year':
    case 'boolean':
      return compareNumbers
    case 'decimal':
      return compareDecimals
    case 'bytes':
      return compareBytes
    case 'uuid':
      // MariaDB orders uuids by their time.
      return kind === 'postgres' ? compareTexts : undefined
    case 'date':
    case 'datetime':
    case 'instant':
      // Postgres has dates before Christ, and years of five digits.
      return kind === 'postgres' ? undefined : compareTexts
    default:
      return undefined
  }
}

function compareNumbers(a: ColumnValue, b: ColumnValue): number {
  // Of integer columns: numbers and bigints, which compare by value with each other.
  const left = a as number
  const right = b as number
  return left < right ? -1 : left > right ? 1 : 0
}

/** Texts of digits, points and hyphens: equal lengths or not, their order is that of their characters. */
function compareTexts(a: ColumnValue, b: ColumnValue): number {
  const left = String(a)
  const right = String(b)
  return left < right ? -1 : left > right ? 1 : 0
}

function compareBytes(a: ColumnValue, b: ColumnValue): number {
  // Of columns of bytes.
  return Buffer.compare(a as Uint8Array, b as Uint8Array)
}

/** Postgres puts NaN above everything. */
function compareDecimals(a: ColumnValue, b: ColumnValue): number {
  const left = String(a)
  const right = String(b)
  if (left === right) return 0
  const bounds = decimalRank(left) - decimalRank(right)
  if (bounds !== 0) return bounds
  const isNegative = left.startsWith('-')
  if (isNegative !== right.startsWith('-')) return isNegative ? -1 : 1
  const order = compareDigits(isNegative ? left.slice(1) : left, isNegative ? right.slice(1) : right)
  return isNegative ? -order : order
}

function decimalRank(text: string): number {
  return text === 'NaN' ? 2 : text === 'Infinity' ? 1 : text === '-Infinity' ? -1 : 0
}

function compareDigits(a: string, b: string): number {
  const [wholeA = '', fractionA = ''] = a.split('.')
  const [wholeB = '', fractionB = ''] = b.split('.')
  const left = wholeA.replace(/^0+/, '')
  const right = wholeB.replace(/^0+/, '')
  if (left.length !== right.length) return left.length - right.length
  if (left !== right) return left < right ? -1 : 1
  const digits = Math.max(fractionA.length, fractionB.length)
  const restA = fractionA.padEnd(digits, '0')
  const restB = fractionB.padEnd(digits, '0')
  return restA < restB ? -1 : restA > restB ? 1 : 0
}

function saveValue(value: ColumnValue): SavedValue {
  if (typeof value === 'bigint') return { bigint: String(value) }
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64') }
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { number: Object.is(value, -0) ? '-0' : String(value) }
  }
  if (typeof value === 'object' && value !== null) return { array: value.map(saveValue) }
  return value ?? null
}

function restoreValue(saved: SavedValue): ColumnValue {
  if (typeof saved !== 'object' || saved === null) return saved
  if ('bigint' in saved) return BigInt(saved.bigint)
  if ('bytes' in saved) return new Uint8Array(Buffer.from(saved.bytes, 'base64'))
  if ('number' in saved) return Number(saved.number)
  return saved.array.map(restoreValue)
}
