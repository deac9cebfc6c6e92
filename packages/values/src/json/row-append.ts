/**
 * Generated code that turns a located record into one row of a batch: for each column one straight piece for the kinds
 * of JSON values that are usual for its type. Everything else (escapes, padding, wide numbers, refusals, values laid
 * over by `set`) goes to `slow`, which holds the whole coercion table; both give the same row.
 */
import type { RowBatch } from '../column.ts'
import { parseDoubleBytes, powersOfTen } from '../decimal.ts'
import type { SqlType } from '../sql-type.ts'
import { parseDateBytes, parseTimeBytes, parseTimestampBytes } from '../time.ts'
import type { JsonLocator } from './locator.ts'
import { cutText } from './text.ts'

export interface AppendColumn {
  readonly type: SqlType
  readonly slot: number
  readonly inElement: boolean
  readonly arrayOnly: boolean
}

export interface AppendCode {
  /** Takes the columns' arrays; again after they grew or changed hands. */
  bind(batch: RowBatch): void
  /** Fills row `row`; returns -1, or the index of the column whose value was refused. */
  row(bytes: Uint8Array, page: number, row: number): number
}

export function compileAppend(
  columns: readonly AppendColumn[],
  record: JsonLocator,
  element: JsonLocator,
  slow: (column: number, row: number) => boolean,
): AppendCode {
  const arrays: string[] = []
  const bind: string[] = []
  const body: string[] = []
  columns.forEach((column, i) => {
    const text = lengthOf(column.type) !== undefined
    const names = text ? ['page', 'start', 'end', 'nulls', 'clean'] : ['values', 'nulls']
    for (const name of names) {
      arrays.push(`${name}${i}`)
      bind.push(`${name}${i} = batch.columns[${i}].${name}`)
    }
    body.push(...(text ? textCell(column, i) : numberCell(column, i)))
  })
  const source = `
${arrays.length > 0 ? `let ${arrays.join(', ')}` : ''}
const { whole, decimal, double, timestamp, date, time, cut } = H
return {
  bind(batch) { ${bind.join('; ')} },
  row(b, page, row) {
    let k = 0, q = 0, e = 0, x = 0
    ${body.join('\n    ')}
    return -1
  },
}`
  const helpers = {
    whole: wholeNumber,
    decimal: shortDecimal,
    double: parseDoubleBytes,
    timestamp: parseTimestampBytes,
    date: parseDateBytes,
    time: parseTimeBytes,
    cut: cutText,
  }
  // Generated from slot numbers, lengths and limits: no text from outside reaches the source.
  const make = new Function('K0', 'S0', 'E0', 'K1', 'S1', 'E1', 'slow', 'H', source) as (
    ...args: unknown[]
  ) => AppendCode
  const code = make(
    record.kinds,
    record.starts,
    record.ends,
    element.kinds,
    element.starts,
    element.ends,
    slow,
    helpers,
  )
  return {
    bind(batch) {
      code.bind(batch)
      // Wide values of rows that are gone must not mark the batch as wide.
      if (batch.length === 0)
        for (const column of batch.columns) if (column.kind === 'number') column.wide = null
    },
    row: code.row,
  }
}

function lengthOf(type: SqlType): number | undefined {
  return 'length' in type ? type.length : undefined
}

function numberCell(column: AppendColumn, i: number): string[] {
  const { slot } = column
  const t = column.inElement ? 1 : 0
  const fast = numberFast(column.type, `S${t}[${slot}]`, `E${t}[${slot}]`)
  const store = `{ values${i}[row] = x; nulls${i}[row] = 0 }`
  const rest = `if (k <= 1) { values${i}[row] = 0; nulls${i}[row] = 1 } else if (!slow(${i}, row)) return ${i}`
  if (fast === undefined) return [`k = K${t}[${slot}]; ${rest}`]
  return [
    `k = K${t}[${slot}]`,
    `if (${fast.kinds}) { ${fast.value}`,
    `if (${fast.accept}) ${store} else if (!slow(${i}, row)) return ${i} }`,
    `else ${rest}`,
  ]
}

/** The usual kinds of JSON value of a type, how to read them into x, and which results are final. */
function numberFast(
  type: SqlType,
  start: string,
  end: string,
): { kinds: string; value: string; accept: string } | undefined {
  const call = (name: string, more = '') => `x = ${name}(b, ${start}, ${end}${more})`
  const between = (low: number, high: number) => `x >= ${low} && x <= ${high}`
  switch (type.kind) {
    case 'TINYINT':
      return { kinds: 'k === 4', value: call('whole'), accept: between(-128, 127) }
    case 'SMALLINT':
      return { kinds: 'k === 4', value: call('whole'), accept: between(-32768, 32767) }
    case 'INTEGER':
      return { kinds: 'k === 4', value: call('whole'), accept: between(-2147483648, 2147483647) }
    case 'BIGINT':
      return { kinds: 'k === 4', value: call('whole'), accept: 'x === x' }
    case 'DECIMAL': {
      const limit = type.precision <= 15 ? powersOfTen[type.precision]! - 1 : Number.MAX_SAFE_INTEGER
      return {
        kinds: 'k >= 4 && k <= 6',
        value: call('decimal', `, ${type.scale}`),
        accept: between(-limit, limit),
      }
    }
    case 'DOUBLE':
      return { kinds: 'k === 4 || k === 5', value: call('double'), accept: 'x - x === 0' }
    case 'REAL':
      return {
        kinds: 'k === 4 || k === 5',
        value: `${call('double')}; x = Math.fround(x)`,
        accept: 'x - x === 0',
      }
    case 'BOOLEAN':
      return { kinds: 'k === 2 || k === 3', value: 'x = k - 2', accept: 'true' }
    case 'TIMESTAMP':
      return { kinds: 'k === 6', value: call('timestamp'), accept: 'x === x' }
    case 'DATE':
      return { kinds: 'k === 6', value: call('date'), accept: 'x === x' }
    case 'TIME':
      return { kinds: 'k === 6', value: call('time'), accept: 'x === x' }
    default:
      return undefined
  }
}

function textCell(column: AppendColumn, i: number): string[] {
  const { slot, type } = column
  const t = column.inElement ? 1 : 0
  const length = lengthOf(type)!
  const empty = `nulls${i}[row] = 1; clean${i}[row] = 1; page${i}[row] = start${i}[row] = end${i}[row] = 0`
  const rest = `if (!slow(${i}, row)) return ${i}`
  const nothing = `if (k <= 1) { ${empty} }`
  if (type.kind !== 'VARCHAR' || column.arrayOnly) return [`k = K${t}[${slot}]`, nothing, `else ${rest}`]
  return [
    `k = K${t}[${slot}]`,
    // Text without escapes, and the source text of numbers and booleans.
    `if (k >= 2 && k <= 6) { q = S${t}[${slot}]; e = E${t}[${slot}]; if (e - q > ${length}) e = cut(b, q, e, ${length})`,
    `page${i}[row] = page; start${i}[row] = q; end${i}[row] = e; nulls${i}[row] = 0; clean${i}[row] = 1 }`,
    `else ${nothing} else ${rest}`,
  ]
}

/** Digits with an optional '-', at most 15 of them; NaN for more. */
function wholeNumber(b: Uint8Array, start: number, end: number): number {
  let p = start
  const negative = b[p] === 45
  if (negative) p++
  if (end - p > 15) return Number.NaN
  let value = 0
  for (; p < end; p++) value = value * 10 + (b[p]! - 48)
  return negative ? 0 - value : value
}

/** Digits with an optional '-' and point, at most 15 of them when scaled; NaN for anything else. */
function shortDecimal(b: Uint8Array, start: number, end: number, scale: number): number {
  let p = start
  const negative = b[p] === 45
  if (negative) p++
  if (end - p > 16 || end === p) return Number.NaN
  let value = 0
  let point = -1
  for (; p < end; p++) {
    const digit = b[p]! - 48
    if (digit >= 0 && digit <= 9) value = value * 10 + digit
    else if (digit === -2 && point < 0) point = p
    else return Number.NaN
  }
  const shift = scale - (point < 0 ? 0 : end - point - 1)
  // A point at an edge is no number, or one that the slow road reads.
  if (shift < 0 || shift > 15 || point === start + (negative ? 1 : 0) || point === end - 1) return Number.NaN
  value *= powersOfTen[shift]!
  if (value > 999_999_999_999_999) return Number.NaN
  return negative ? 0 - value : value
}
