/**
 * Shapes of single values: string, integer, boolean, blob, timestamp. Texts of type faults are those that clients of AWS
 * have seen for a decade; programs act on the error's type only.
 */
import { serializationError } from './serialization-error.ts'
import { lengthRules, type Rule, type Shape } from './shape.ts'
import type { WireError } from './wire-error.ts'

export interface StringLimits<E extends string = string> {
  readonly min?: number
  readonly max?: number
  /** Must match the whole value. */
  readonly pattern?: string
  readonly enum?: readonly E[]
}

export interface StringShape<T extends string = string> extends Shape<T> {
  readonly kind: 'string'
  readonly limits: StringLimits
}

export function string<const E extends string = string>(limits: StringLimits<E> = {}): StringShape<E> {
  const { min, max, pattern } = limits
  const lengths = lengthRules<string>(
    { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) },
    characters,
  )
  const rules: Rule<string>[] = []
  if (pattern !== undefined) {
    const whole = new RegExp(`^(?:${pattern})$`, 'u')
    rules.push({
      text: `Member must satisfy regular expression pattern: ${pattern}`,
      // A value that is too long is reported as such; some patterns take quadratic time.
      holds: (value) => (max !== undefined && value.length > max * 2) || whole.test(value),
    })
  }
  rules.push(...lengths)
  if (limits.enum !== undefined) {
    const values: ReadonlySet<string> = new Set(limits.enum)
    rules.push({
      text: `Member must satisfy enum value set: [${limits.enum.join(', ')}]`,
      holds: (value) => values.has(value),
    })
  }
  // Of a minimum of 0 AWS speaks only there.
  const noMinimum: Rule<string>[] =
    min === 0 ? [{ text: 'Member must have length greater than or equal to 0', holds: () => true }] : []
  return {
    kind: 'string',
    limits,
    read(value) {
      if (typeof value !== 'string') throw wrongType(value, 'an String')
      // The enum's rule is checked before anybody sees the value.
      return value as E
    },
    check: checkRules(rules, (value) => value),
    text: (value) => value,
    // AWS names the upper bound first where it speaks of the members of a list or map.
    memberRules: [...lengths].reverse().concat(
      noMinimum,
      rules.filter((rule) => !lengths.includes(rule)),
    ),
  }
}

export interface NumberLimits {
  readonly min?: number
  readonly max?: number
}

export interface NumberShape extends Shape<number> {
  readonly kind: 'integer' | 'long'
  readonly limits: NumberLimits
}

/** 32 bits; larger numbers are taken for the largest, as the service does. */
export function integer(limits: NumberLimits = {}): NumberShape {
  return wholeNumber('integer', 'an Integer', limits, { min: -2_147_483_648, max: 2_147_483_647 })
}

export function long(limits: NumberLimits = {}): NumberShape {
  return wholeNumber('long', 'an Long', limits, { min: -(2 ** 63), max: 2 ** 63 })
}

function wholeNumber(
  kind: NumberShape['kind'],
  name: string,
  limits: NumberLimits,
  bounds: { min: number; max: number },
): NumberShape {
  const rules = rangeRules(limits)
  return {
    kind,
    limits,
    read(value) {
      if (typeof value !== 'number' || Number.isNaN(value)) throw wrongType(value, name)
      return Math.min(Math.max(Math.floor(value), bounds.min), bounds.max)
    },
    check: checkRules(rules, String),
    text: String,
    memberRules: rules,
  }
}

function rangeRules({ min, max }: NumberLimits): Rule<number>[] {
  const rules: Rule<number>[] = []
  if (min !== undefined) {
    rules.push({
      text: `Member must have value greater than or equal to ${min}`,
      holds: (value) => value >= min,
    })
  }
  if (max !== undefined) {
    rules.push({
      text: `Member must have value less than or equal to ${max}`,
      holds: (value) => value <= max,
    })
  }
  return rules
}

export function double(limits: NumberLimits = {}): Shape<number> & { readonly kind: 'double' } {
  const rules = rangeRules(limits)
  return {
    kind: 'double',
    read(value) {
      if (typeof value !== 'number' || Number.isNaN(value)) throw wrongType(value, 'a Double')
      return value
    },
    check: checkRules(rules, String),
    text: String,
    memberRules: rules,
  }
}

export function boolean(): Shape<boolean> & { readonly kind: 'boolean' } {
  return {
    kind: 'boolean',
    read(value) {
      if (typeof value === 'string') {
        throw serializationError(`'${value.slice(0, 256).toUpperCase()}' can not be converted to an Boolean`)
      }
      if (typeof value !== 'boolean') throw wrongType(value, 'an Boolean')
      return value
    },
    check: () => {},
    text: String,
  }
}

export interface BlobShape extends Shape<Uint8Array> {
  readonly kind: 'blob'
  readonly limits: { readonly max?: number }
}

export function blob(limits: { readonly max?: number } = {}): BlobShape {
  const text = ({ length }: Uint8Array): string =>
    `java.nio.HeapByteBuffer[pos=0 lim=${length} cap=${length}]`
  return {
    kind: 'blob',
    limits,
    read(value) {
      if (value instanceof Uint8Array) return value
      if (typeof value !== 'string') throw wrongType(value, 'a Blob')
      return base64(value)
    },
    check: checkRules(
      lengthRules<Uint8Array>(limits, (bytes) => bytes.length),
      text,
    ),
    text,
  }
}

/** A moment, to the millisecond. */
export function timestamp(): Shape<Date> & { readonly kind: 'timestamp' } {
  return {
    kind: 'timestamp',
    read(value) {
      const date =
        value instanceof Date
          ? value
          : typeof value === 'number'
            ? new Date(Math.round(value * 1000))
            : undefined
      if (date === undefined) throw wrongType(value, 'milliseconds since epoch')
      if (Number.isNaN(date.getTime())) {
        throw serializationError(`${String(value)} can not be converted to milliseconds since epoch`)
      }
      return date
    },
    check: () => {},
    text: (date) => String(date.getTime()),
  }
}

function checkRules<T>(rules: readonly Rule<T>[], text: (value: T) => string): Shape<T>['check'] {
  return (value, path, faults) => {
    for (const rule of rules) if (!rule.holds(value)) faults.add(text(value), path, rule.text)
  }
}

/** AWS counts characters, not UTF-16 units; only values with surrogates differ. */
function characters(value: string): number {
  let pairs = 0
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i)
    if (unit >= 0xd800 && unit < 0xdc00) pairs++
  }
  return value.length - pairs
}

function base64(text: string): Uint8Array {
  const fault = (why: string): WireError =>
    serializationError(`'${text.slice(0, 256)}' can not be converted to a Blob: ${why}`)
  if (text.length % 4 !== 0) {
    throw fault(`Base64 encoded length is expected a multiple of 4 bytes but found: ${text.length}`)
  }
  const strange = /[^a-zA-Z0-9+/=]|=(?=[^=])/.exec(text)
  if (strange !== null) throw fault(`Invalid Base64 character: '${strange[0]}'`)
  if (text === '') return new Uint8Array(0)
  const bytes = Buffer.from(text, 'base64')
  // Buffer ignores padding in excess and bits that belong to no byte; the last group of four characters shows both.
  if (bytes.toString('base64', (text.length / 4 - 1) * 3) !== text.slice(-4)) {
    throw fault('Invalid last non-pad Base64 character dectected')
  }
  return bytes
}

function wrongType(value: unknown, target: string): WireError {
  if (Array.isArray(value)) return serializationError('Start of list found where not expected')
  if (value instanceof Uint8Array)
    return serializationError(`A byte string can not be converted to ${target}`)
  if (value instanceof Date) return serializationError(`A timestamp can not be converted to ${target}`)
  switch (typeof value) {
    case 'string':
      return serializationError(`class java.lang.String can not be converted to ${target}`)
    case 'boolean':
      return serializationError(`class java.lang.Boolean can not be converted to ${target}`)
    case 'number':
      return serializationError(
        `class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to ${target}`,
      )
    default:
      return serializationError('Start of structure or map found where not expected.')
  }
}
