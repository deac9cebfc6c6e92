/** Functions of numbers, those of C's library that are of use. */
import { JqFailure, shown } from '../jq-error.ts'
import type { Json } from '../jq-value.ts'
import type { NativeFunction } from '../machine.ts'

const unary: Readonly<Record<string, (x: number) => number>> = {
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  cbrt: Math.cbrt,
  ceil: Math.ceil,
  cos: Math.cos,
  cosh: Math.cosh,
  exp: Math.exp,
  exp10: (x) => 10 ** x,
  exp2: (x) => 2 ** x,
  expm1: Math.expm1,
  fabs: Math.abs,
  floor: Math.floor,
  log: Math.log,
  log10: Math.log10,
  log1p: Math.log1p,
  log2: Math.log2,
  logb: (x) => (x === 0 ? Number.NEGATIVE_INFINITY : Number.isFinite(x) ? exponentOf(x) : Math.abs(x)),
  nearbyint: toEven,
  pow10: (x) => 10 ** x,
  rint: toEven,
  /** Halves go away from zero. */
  round: (x) => Math.sign(x) * Math.floor(Math.abs(x) + 0.5),
  significand: (x) => (x === 0 || !Number.isFinite(x) ? x : x / 2 ** exponentOf(x)),
  sin: Math.sin,
  sinh: Math.sinh,
  sqrt: Math.sqrt,
  tan: Math.tan,
  tanh: Math.tanh,
  trunc: Math.trunc,
}

const binary: Readonly<Record<string, (x: number, y: number) => number>> = {
  atan2: Math.atan2,
  copysign: (x, y) => (Math.sign(y) < 0 || Object.is(y, -0) ? -Math.abs(x) : Math.abs(x)),
  fdim: (x, y) => (x > y ? x - y : 0),
  fmax: (x, y) => (Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.max(x, y)),
  fmin: (x, y) => (Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.min(x, y)),
  fmod: (x, y) => x % y,
  hypot: Math.hypot,
  ldexp: (x, y) => x * 2 ** y,
  pow: (x, y) => x ** y,
  scalb: (x, y) => x * 2 ** y,
}

export const mathFunctions: Readonly<Record<string, NativeFunction>> = {
  ...Object.fromEntries(
    Object.entries(unary).map(([name, compute]): [string, NativeFunction] => [
      `${name}/0`,
      (input) => compute(number(input)),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(binary).map(([name, compute]): [string, NativeFunction] => [
      `${name}/2`,
      (_input, [x = null, y = null]) => compute(number(x), number(y)),
    ]),
  ),
  'fma/3': (_input, [x = null, y = null, z = null]) => number(x) * number(y) + number(z),
  'infinite/0': () => Number.POSITIVE_INFINITY,
  'nan/0': () => Number.NaN,
  'isinfinite/0': (input) => Math.abs(number(input)) === Number.POSITIVE_INFINITY,
  'isnan/0': (input) => Number.isNaN(number(input)),
  'isnormal/0': (input) => Number.isFinite(number(input)) && Math.abs(number(input)) >= 2 ** -1022,
  'frexp/0': (input) => {
    const x = number(input)
    if (x === 0 || !Number.isFinite(x)) return [x, 0]
    const exponent = exponentOf(x) + 1
    return [x / 2 ** exponent, exponent]
  },
  'modf/0': (input) => {
    const whole = Math.trunc(number(input))
    return [Number.isFinite(whole) ? number(input) - whole : 0, whole]
  },
}

function number(value: Json): number {
  if (typeof value === 'number') return value
  throw new JqFailure(`${shown(value)} number required`)
}

/** Of the largest power of two in a number that is not zero. */
function exponentOf(x: number): number {
  let exponent = Math.floor(Math.log2(Math.abs(x)))
  // The logarithm may be rounded up to the next integer.
  if (2 ** exponent > Math.abs(x)) exponent--
  return exponent
}

/** Halves go to the even neighbour. */
function toEven(x: number): number {
  const floor = Math.floor(x)
  const rest = x - floor
  if (rest !== 0.5) return Math.round(x)
  return floor % 2 === 0 ? floor : floor + 1
}
