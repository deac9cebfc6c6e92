/** Functions of expressions: those of SQLite that need no clock and no locale, and two of DMS' own. */
import { createHash } from 'node:crypto'
import { atScale, type Decimal } from '../../model/decimal-text.ts'
import { hex } from '../../model/value-text.ts'
import {
  compareValues,
  type ExpressionValue,
  floatOf,
  isDecimal,
  isTrue,
  numberOf,
  one,
  textOf,
  zero,
} from './expression-value.ts'

type Known = Exclude<ExpressionValue, null>

export interface ExpressionFunction {
  readonly min: number
  readonly max: number
  readonly call: (args: readonly ExpressionValue[]) => ExpressionValue
}

/** Null if an argument is null. */
function strict(
  min: number,
  max: number,
  call: (args: readonly Known[]) => ExpressionValue,
): ExpressionFunction {
  return {
    min,
    max,
    call: (args) => (args.includes(null) ? null : call(args as readonly Known[])), // No null is among them.
  }
}

const many = 100

export const expressionFunctions: { readonly [name: string]: ExpressionFunction } = {
  abs: strict(1, 1, ([value]) => {
    const number = numberOf(value!)
    if (typeof number === 'number') return Math.abs(number)
    return number.unscaled < 0n ? { ...number, unscaled: -number.unscaled } : number
  }),
  coalesce: { min: 2, max: many, call: (args) => args.find((value) => value !== null) ?? null },
  hash_sha256: strict(1, 1, ([value]) =>
    createHash('sha256')
      .update(value instanceof Uint8Array ? value : textOf(value!))
      .digest('hex'),
  ),
  hex: {
    min: 1,
    max: 1,
    call: ([value]) => {
      if (value === null || value === undefined) return ''
      const bytes = value instanceof Uint8Array ? value : Buffer.from(textOf(value), 'utf8')
      return hex(bytes).toUpperCase()
    },
  },
  ifnull: { min: 2, max: 2, call: ([a, b]) => a ?? b ?? null },
  iif: {
    min: 3,
    max: 3,
    call: ([test, yes, no]) => (test !== null && test !== undefined && isTrue(test) ? yes! : no!),
  },
  instr: strict(2, 2, ([value, part]) => {
    const text = textOf(value!)
    const at = text.indexOf(textOf(part!))
    return at < 0 ? zero : integer([...text.slice(0, at)].length + 1)
  }),
  length: strict(1, 1, ([value]) =>
    integer(value instanceof Uint8Array ? value.length : [...textOf(value!)].length),
  ),
  lower: strict(1, 1, ([value]) => textOf(value!).toLowerCase()),
  ltrim: strict(1, 2, ([value, set]) => trim(value!, set, { left: true, right: false })),
  max: strict(2, many, (args) => args.reduce((a, b) => (compareValues(b, a) > 0 ? b : a))),
  min: strict(2, many, (args) => args.reduce((a, b) => (compareValues(b, a) < 0 ? b : a))),
  nullif: {
    min: 2,
    max: 2,
    call: ([a, b]) => (a !== null && b !== null && compareValues(a!, b!) === 0 ? null : a!),
  },
  replace: strict(3, 3, ([text, from, to]) =>
    textOf(from!) === '' ? textOf(text!) : textOf(text!).replaceAll(textOf(from!), () => textOf(to!)),
  ),
  round: strict(1, 2, ([value, digits]) => round(numberOf(value!), digits)),
  rtrim: strict(1, 2, ([value, set]) => trim(value!, set, { left: false, right: true })),
  substr: strict(2, 3, (args) => substring(args)),
  substring: strict(2, 3, (args) => substring(args)),
  trim: strict(1, 2, ([value, set]) => trim(value!, set, { left: true, right: true })),
  upper: strict(1, 1, ([value]) => textOf(value!).toUpperCase()),
}

function integer(value: number): Decimal {
  return { unscaled: BigInt(value), scale: 0 }
}

/** Digits after the point; SQLite takes what is below 0 for 0. */
function round(number: Decimal | number, digits: Known | undefined): ExpressionValue {
  const places = Math.min(30, Math.max(0, digits === undefined ? 0 : Math.trunc(floatOf(numberOf(digits)))))
  if (typeof number === 'number') {
    if (!Number.isFinite(number) || places > 15) return number
    return Number(number.toFixed(places))
  }
  return number.scale <= places ? number : { unscaled: atScale(number, places), scale: places }
}

function trim(
  value: Known,
  set: Known | undefined,
  { left, right }: { readonly left: boolean; readonly right: boolean },
): string {
  const characters = [...textOf(value)]
  const taken = new Set(set === undefined ? [' '] : textOf(set))
  let from = 0
  let to = characters.length
  while (left && from < to && taken.has(characters[from]!)) from++
  while (right && to > from && taken.has(characters[to - 1]!)) to--
  return characters.slice(from, to).join('')
}

/** SQLite's: from 1, negative from the end; a negative length takes what is before. */
function substring([value, start, length]: readonly Known[]): ExpressionValue {
  const whole = value instanceof Uint8Array ? value : [...textOf(value!)]
  const size = whole.length
  let from = wholeNumber(start!)
  let count = length === undefined ? size + Math.abs(from) + 1 : wholeNumber(length)
  if (from > 0) from--
  else if (from < 0) {
    from += size
    if (from < 0) {
      // What lies before the beginning counts as taken.
      if (count > 0) count = Math.max(0, count + from)
      from = 0
    }
  } else if (count > 0) count--
  if (count < 0) {
    const end = from
    from = Math.max(0, from + count)
    count = end - from
  }
  const part = whole.slice(from, from + count)
  return part instanceof Uint8Array ? part : part.join('')
}

function wholeNumber(value: Known): number {
  const number = numberOf(value)
  return Math.trunc(isDecimal(number) ? floatOf(number) : number)
}

export function booleanValue(value: boolean): Decimal {
  return value ? one : zero
}
