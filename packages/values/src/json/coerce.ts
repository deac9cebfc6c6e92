/**
 * From JSON values to SQL values, the table of spec "input schema mapping":
 *
 *   JSON          numeric            BOOLEAN          CHAR/VARCHAR     DATE/TIME/TIMESTAMP   (VAR)BINARY
 *   null          NULL               NULL             NULL             NULL                  NULL
 *   true, false   1, 0               itself           its text, cut    error                 one byte, 1 or 0
 *   number        if it fits exactly 0 is FALSE       its text, cut    error                 error
 *   string        parsed, else error "true" is TRUE   cut to length    parsed, else error    X'..', else error
 *   array, object error              error            source text, cut error                 error
 *
 * "Fits exactly": 123.4 is no INTEGER and 1.005 no DECIMAL(5,2), but 123.0 and 1e2 are INTEGERs. REAL and DOUBLE take
 * the nearest binary value. CHAR is padded with blanks, BINARY with zero bytes.
 *
 * These functions see the bytes of one located value. A number comes back as the column's float64; NaN means that the
 * value is either wide (`wideValue`) or refused (`refusal`). This is the whole table; the generated code of the row
 * reader handles the frequent cells itself and comes here for the rest.
 */
import { decimalLimit, parseDecimalBytes, parseDoubleBytes, type Scaled } from '../decimal.ts'
import type { SqlType } from '../sql-type.ts'
import { parseDateBytes, parseTimeBytes, parseTimestampBytes } from '../time.ts'
import { found } from './locator.ts'

let wide: bigint | null = null
let refused = ''

/** The exact value behind the NaN that a coercion returned last, null if it was refused. */
export function wideValue(): bigint | null {
  return wide
}

/** Why the last coercion failed: what is allowed. */
export function refusal(): string {
  return refused
}

export type NumberCoercion = (kind: number, b: Uint8Array, start: number, end: number) => number

/** The coercion to a type whose columns hold numbers. */
export function numberCoercion(type: SqlType): NumberCoercion {
  switch (type.kind) {
    case 'TINYINT':
      return toScaled(0, 127, 'an integer from -128 to 127')
    case 'SMALLINT':
      return toScaled(0, 32767, 'an integer from -32768 to 32767')
    case 'INTEGER':
      return toScaled(0, 2147483647, 'an integer from -2147483648 to 2147483647')
    case 'BIGINT':
      return toScaled(0, 9223372036854775807n, 'an integer from -9223372036854775808 to 9223372036854775807')
    case 'DECIMAL': {
      const digits = `at most ${type.precision - type.scale} digits before the point and ${type.scale} after it`
      return toScaled(type.scale, decimalLimit(type.precision), `a number of ${digits}`, true)
    }
    case 'REAL':
      return toBinary(Math.fround, 'a number within the range of a 32-bit float')
    case 'DOUBLE':
      return toBinary((value) => value, 'a number within the range of a 64-bit float')
    case 'BOOLEAN':
      return toBoolean
    case 'DATE':
      return toTime(parseDateBytes, "text like '1992-02-14'")
    case 'TIME':
      return toTime(parseTimeBytes, "text like '18:35:44.0'")
    case 'TIMESTAMP':
      return toTime(parseTimestampBytes, "text like '1992-02-14 18:35:44.0' or '1992-02-14T18:35:44Z'")
    default:
      return () => refuse(`${type.kind} columns cannot be read from JSON`)
  }
}

/** Binary bytes: returns how many were written to `out` at `at`, -1 if refused. `out` has room for the value. */
export function coerceBinary(
  kind: number,
  b: Uint8Array,
  start: number,
  end: number,
  length: number,
  out: Uint8Array,
  at: number,
): number {
  if (kind === found.true || kind === found.false) {
    out[at] = kind === found.true ? 1 : 0
    return 1
  }
  refuse("true, false, or hexadecimal text like X'0AFF'")
  const digits = end - start - 3
  const quoted = (b[start]! | 32) === 120 && b[start + 1] === 39 && b[end - 1] === 39
  if (kind !== found.string || digits < 0 || digits % 2 !== 0 || !quoted) return -1
  if (digits / 2 > length) {
    refuse(`at most ${length} bytes`)
    return -1
  }
  for (let i = 0; i < digits / 2; i++) {
    const high = hexDigit(b[start + 2 + i * 2]!)
    const low = hexDigit(b[start + 3 + i * 2]!)
    if (high < 0 || low < 0) return -1
    out[at + i] = high * 16 + low
  }
  return digits / 2
}

function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48
  const letter = c | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

function refuse(allowed: string): number {
  wide = null
  refused = allowed
  return Number.NaN
}

/** Integers and decimals: unscaled, within -limit - 1 (integers) or -limit (decimals) .. limit. */
function toScaled(scale: number, limit: Scaled, allowed: string, symmetric = false): NumberCoercion {
  const one = Number(10n ** BigInt(scale))
  const low = symmetric ? -limit : -BigInt(limit) - 1n
  return (kind, b, start, end) => {
    let value: Scaled | string
    if (kind === found.true || kind === found.false) value = kind === found.true ? oneOf(scale, one) : 0
    else if (kind === found.string) {
      let from = start
      let to = end
      while (from < to && b[from] === 32) from++
      while (to > from && b[to - 1] === 32) to--
      value = parseDecimalBytes(b, from, to, scale, true)
    } else if (kind === found.whole || kind === found.number)
      value = parseDecimalBytes(b, start, end, scale, true)
    else return refuse(allowed)
    if (typeof value === 'string' || value > limit || value < low) return refuse(allowed)
    if (typeof value === 'number') return value
    wide = value
    return Number.NaN
  }
}

function oneOf(scale: number, one: number): Scaled {
  return scale <= 15 ? one : 10n ** BigInt(scale)
}

function toBinary(round: (value: number) => number, allowed: string): NumberCoercion {
  return (kind, b, start, end) => {
    let value: number
    if (kind === found.true || kind === found.false) return kind === found.true ? 1 : 0
    if (kind === found.whole || kind === found.number) value = round(parseDoubleBytes(b, start, end))
    else if (kind === found.string) {
      const text = Buffer.from(b.buffer, b.byteOffset + start, end - start)
        .toString('latin1')
        .trim()
      value = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? round(Number(text)) : Number.NaN
    } else return refuse(allowed)
    return Number.isFinite(value) ? value : refuse(allowed)
  }
}

const toBoolean: NumberCoercion = (kind, b, start, end) => {
  switch (kind) {
    case found.true:
      return 1
    case found.false:
      return 0
    case found.whole:
    case found.number:
      // Zero is a number without any digit but 0 before its exponent, whatever its exponent.
      for (let i = start; i < end && (b[i]! | 32) !== 101; i++) if (b[i]! >= 49 && b[i]! <= 57) return 1
      return 0
    case found.string:
      return end - start === 4 &&
        (b[start]! | 32) === 116 &&
        (b[start + 1]! | 32) === 114 &&
        (b[start + 2]! | 32) === 117 &&
        (b[start + 3]! | 32) === 101
        ? 1
        : 0
    default:
      return refuse('true, false, a number or text')
  }
}

function toTime(
  parse: (b: Uint8Array, start: number, end: number) => number,
  allowed: string,
): NumberCoercion {
  return (kind, b, start, end) => {
    if (kind !== found.string) return refuse(allowed)
    const value = parse(b, start, end)
    return Number.isNaN(value) ? refuse(allowed) : value
  }
}
