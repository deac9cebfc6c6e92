/**
 * Code for + - * / MOD and unary minus. Integers wrap around in machine arithmetic; BIGINT and DECIMAL are computed as
 * doubles as long as every value on the way is a safe integer, which makes the result exact, and by the function table
 * beyond. DOUBLE and REAL follow IEEE 754. A timestamp moves by an interval of days inside the range of all calendars here.
 */
import type { SqlType } from '@millrace/values'
import type { CallExpr } from '../../plan.ts'
import type { Code, Fragment } from './code.ts'
import { factorText, isExact, isFloat, isPlainInteger, isWide, scaleOf } from './number-types.ts'

const safe = '9007199254740991'
/** Years 1 to 9999. */
const timestampMin = '-62135596800000'
const timestampMax = '253402300799999'

type Sign = '+' | '-' | '*' | '/' | 'MOD'

export function inlineArithmetic(code: Code, call: CallExpr): Fragment | undefined {
  switch (call.fn) {
    case '+':
    case '-':
    case '*':
    case '/':
    case 'MOD':
      return call.args.length === 2 ? binary(code, call, call.fn) : undefined
    case 'NEGATE':
      return negated(code, call)
  }
  return undefined
}

function binary(code: Code, call: CallExpr, sign: Sign): Fragment | undefined {
  const [x, y] = [call.args[0]!.type, call.args[1]!.type]
  const { type } = call
  if (isFloat(type)) {
    if (!isNumberHeld(x) || !isNumberHeld(y)) return undefined
    return strictly(code, call, (a, b) => {
      const value = `${a} ${sign === 'MOD' ? '%' : sign} ${b}`
      return type.kind === 'REAL' ? `Math.fround(${value})` : value
    })
  }
  if (isPlainInteger(type) && isPlainInteger(x) && isPlainInteger(y)) return integers(code, call, sign)
  if (isExact(x) && isExact(y) && isWide(type)) return wide(code, call, sign)
  // The remainder has the divisor's type, so it may be narrower than the dividend.
  if (sign === 'MOD' && x.kind === 'BIGINT' && isPlainInteger(y) && y.kind === type.kind) {
    const { name } = code.callerOf(call)
    return strictly(
      code,
      call,
      (a, b) => `(typeof ${a} === 'number' && ${b} !== 0 ? ${a} % ${b} + 0 : ${name}(${a}, ${b}))`,
    )
  }
  if (isMoment(x) && y.kind === 'INTERVAL_DAY' && x.kind === type.kind && (sign === '+' || sign === '-')) {
    return moved(code, call, sign)
  }
  return undefined
}

function isNumberHeld(type: SqlType): boolean {
  return isFloat(type) || isPlainInteger(type)
}

function isMoment(type: SqlType): boolean {
  return type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ'
}

function strictly(
  code: Code,
  call: CallExpr,
  text: (a: string, b: string) => string,
  mayBeNull = false,
): Fragment {
  const [a, b] = [code.expression(call.args[0]!), code.expression(call.args[1]!)]
  return code.strict([a, b], text(a.text, b.text), call.type, mayBeNull)
}

function integers(code: Code, call: CallExpr, sign: Sign): Fragment {
  const caller = code.callerOf(call)
  return strictly(code, call, (a, b) => {
    switch (sign) {
      case '+':
      case '-':
        return wrapped(call.type, `${a} ${sign} ${b}`)
      case '*':
        return wrapped(call.type, `Math.imul(${a}, ${b})`)
      case '/':
        return `(${b} !== 0 ? ${wrapped(call.type, `${a} / ${b}`)} : ${caller.name}(${a}, ${b}))`
      case 'MOD':
        return `(${b} !== 0 ? ${wrapped(call.type, `${a} % ${b}`)} : ${caller.name}(${a}, ${b}))`
    }
  })
}

/** Two's complement of the type; drops a fraction toward zero. */
function wrapped(type: SqlType, text: string): string {
  if (type.kind === 'TINYINT') return `((${text}) << 24 >> 24)`
  if (type.kind === 'SMALLINT') return `((${text}) << 16 >> 16)`
  return `((${text}) | 0)`
}

function wide(code: Code, call: CallExpr, sign: Sign): Fragment | undefined {
  const [x, y] = [scaleOf(call.args[0]!.type), scaleOf(call.args[1]!.type)]
  const scale = scaleOf(call.type)
  if (call.type.kind === 'DECIMAL' && sign === '/') return undefined
  if (sign === '*' ? scale !== x + y : scale !== Math.max(x, y)) return undefined
  const factors = sign === '*' ? ['1', '1'] : [factorText(scale - x), factorText(scale - y)]
  if (factors[0] === undefined || factors[1] === undefined) return undefined
  const [a, b] = [code.expression(call.args[0]!), code.expression(call.args[1]!)]
  const caller = code.callerOf(call)
  const result = code.temp()
  const tests = [a, b].flatMap((arg) =>
    isWide(arg.type) && typeof arg.literal !== 'number' ? [`typeof ${arg.text} === 'number'`] : [],
  )
  const operands = [a, b].map((arg, i) => {
    if (factors[i] === '1') return arg.text
    if (typeof arg.literal === 'number') {
      const product = arg.literal * Number(factors[i])
      if (Number.isSafeInteger(product)) return product < 0 ? `(${product})` : String(product)
    }
    const scaled = code.temp()
    tests.push(inSafeRange(`(${scaled} = ${arg.text} * ${factors[i]})`, scaled))
    return scaled
  })
  const [left, right] = [operands[0]!, operands[1]!]
  let value: string
  if (sign === '/') {
    tests.push(`${right} !== 0`)
    // The dividend without the remainder is a multiple of the divisor, so the division is exact.
    value = `(${left} - ${left} % ${right}) / ${right} + 0`
  } else if (sign === 'MOD') {
    tests.push(`${right} !== 0`)
    value = `${left} % ${right} + 0`
  } else value = sign === '*' ? `${left} * ${right} + 0` : `${left} ${sign} ${right}`
  tests.push(inRange(`(${result} = ${value})`, result, limitOf(call.type)))
  const mayBeNull = call.type.kind === 'DECIMAL'
  const text = `(${tests.join(' && ')} ? ${result} : ${caller.name}(${a.text}, ${b.text}))`
  return code.strict([a, b], text, call.type, mayBeNull)
}

/** The largest value that the short way may give. */
function limitOf(type: SqlType): string {
  return type.kind === 'DECIMAL' && type.precision <= 15 ? String(10 ** type.precision - 1) : safe
}

/** `first` assigns `name`. */
function inRange(first: string, name: string, limit: string): string {
  return `${first} <= ${limit} && ${name} >= -${limit}`
}

function inSafeRange(first: string, name: string): string {
  return inRange(first, name, safe)
}

function negated(code: Code, call: CallExpr): Fragment | undefined {
  const { type } = call
  if (isPlainInteger(type)) {
    const arg = code.expression(call.args[0]!)
    return code.strict([arg], wrapped(type, `0 - ${arg.text}`), type)
  }
  if (!isWide(type)) return undefined
  const arg = code.expression(call.args[0]!)
  const caller = code.callerOf(call)
  const text = `(typeof ${arg.text} === 'number' ? 0 - ${arg.text} : ${caller.name}(${arg.text}))`
  return code.strict([arg], text, type)
}

function moved(code: Code, call: CallExpr, sign: '+' | '-'): Fragment {
  const caller = code.callerOf(call)
  const result = code.temp()
  return strictly(code, call, (a, b) => {
    const value = `(${result} = ${a} ${sign} ${b})`
    return `(${value} >= ${timestampMin} && ${result} <= ${timestampMax} ? ${result} : ${caller.name}(${a}, ${b}))`
  })
}
