/**
 * Code for comparisons where both sides are held so that JavaScript's own operators decide: exact numbers of one scale, in
 * narrow form number beside bigint; floating ones; text; booleans; times of one kind. Numbers of different scales are brought
 * to one where that stays in the safe range; beyond it, and for everything else, the function table answers.
 */
import type { SqlType } from '@millrace/values'
import { compareText } from '../../functions/text.ts'
import type { CallExpr, SqlValue } from '../../plan.ts'
import type { Code, Fragment } from './code.ts'
import { factorText, isExact, isFloat, isPlainInteger, scaleOf } from './number-types.ts'

const operators: Readonly<Record<string, string>> = {
  '=': '===',
  '<>': '!==',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
}

/** A long IN list of literals becomes a Set. */
const setMin = 5

export function inlineComparison(code: Code, call: CallExpr): Fragment | undefined {
  const { fn } = call
  if (Object.hasOwn(operators, fn)) {
    const [a, b] = [code.expression(call.args[0]!), code.expression(call.args[1]!)]
    return compared(code, call, fn, a, b)
  }
  switch (fn) {
    case 'IS DISTINCT FROM':
    case 'IS NOT DISTINCT FROM': {
      const [a, b] = [code.expression(call.args[0]!), code.expression(call.args[1]!)]
      const same = equality(code, a, b)
      if (same === undefined) return code.callWith(call, [a, b])
      const nulls = [a, b].filter(({ nullable }) => nullable).map(({ text }) => `${text} === null`)
      const equal = nulls.length === 0 ? same : `(${nulls.join(' || ')} ? ${a.text} === ${b.text} : ${same})`
      return code.assign(fn === 'IS DISTINCT FROM' ? `!(${equal})` : equal, call.type, false)
    }
    case 'BETWEEN':
      return between(code, call)
    case 'IN':
      return among(code, call)
  }
  return undefined
}

function compared(code: Code, call: CallExpr, fn: string, a: Fragment, b: Fragment): Fragment {
  const test = comparison(code, fn, a, b)
  if (test !== undefined) return code.strict([a, b], test, call.type)
  const asked: CallExpr = { ...call, fn, args: [expressionOf(call, a), expressionOf(call, b)] }
  return code.callWith(asked, [a, b])
}

/** Stands for a fragment where only its type counts. */
function expressionOf(call: CallExpr, fragment: Fragment): CallExpr['args'][number] {
  return { kind: 'column', index: 0, type: fragment.type, nullable: fragment.nullable, span: call.span }
}

/** `x <= a AND a <= y`, with x before a, and y only if the first half is not FALSE. */
function between(code: Code, call: CallExpr): Fragment {
  const [valueExpr, lowExpr, highExpr] = call.args
  const low = code.expression(lowExpr!)
  const value = code.expression(valueExpr!)
  const result = code.temp()
  const first = compared(code, call, '<=', low, value)
  code.emit(`${result} = ${first.text}`)
  code.emit(`if (${result} !== false) {`)
  const high = code.expression(highExpr!)
  const second = compared(code, call, '<=', value, high)
  if (first.nullable || second.nullable) {
    code.emit(`if (${second.text} === false || ${result} !== null) ${result} = ${second.text}`)
  } else code.emit(`${result} = ${second.text}`)
  code.emit('}')
  return { text: result, nullable: first.nullable || second.nullable, type: call.type }
}

function among(code: Code, call: CallExpr): Fragment {
  const [valueExpr, ...others] = call.args
  const value = code.expression(valueExpr!)
  const literals = others.flatMap((other) =>
    other.kind === 'literal' ? [code.literal(other.value, other.type)] : [],
  )
  if (literals.length === others.length && literals.length >= setMin) {
    const given = literals.filter(({ literal }) => literal !== null)
    if (given.every((literal) => isIdentity(value.type, literal.type))) {
      const set = code.constant(new Set<SqlValue | undefined>(given.map(({ literal }) => literal)))
      const otherwise = given.length < literals.length ? 'null' : 'false'
      const found = `(${set}.has(${value.text}) ? true : ${otherwise})`
      return code.strict([value], found, call.type, otherwise === 'null')
    }
  }
  const result = code.temp()
  code.emit(`${result} = false`)
  let nullable = false
  others.forEach((other, i) => {
    if (i > 0) code.emit(`if (${result} !== true) {`)
    const test = compared(code, call, '=', value, code.expression(other))
    if (test.nullable) code.emit(`if (${test.text} !== false) ${result} = ${test.text}`)
    else code.emit(`if (${test.text}) ${result} = true`)
    nullable ||= test.nullable
  })
  code.emit('}'.repeat(others.length - 1))
  return { text: result, nullable, type: call.type }
}

/** Whether two non-null fragments are equal; undefined: the function table has to say. */
export function equality(code: Code, a: Fragment, b: Fragment): string | undefined {
  return comparison(code, '=', a, b)
}

function comparison(code: Code, fn: string, a: Fragment, b: Fragment): string | undefined {
  const operator = operators[fn]!
  if (isText(a.type) && isText(b.type)) {
    if (fn === '=' || fn === '<>') return `${a.text} ${operator} ${b.text}`
    return `${code.constant(compareText)}(${a.text}, ${b.text}) ${operator} 0`
  }
  if (isIdentity(a.type, b.type) || areFloats(a.type, b.type)) return `${a.text} ${operator} ${b.text}`
  if (isExact(a.type) && isExact(b.type)) return rescaled(code, fn, operator, a, b)
  return undefined
}

/** Numbers of different scales. */
function rescaled(code: Code, fn: string, operator: string, a: Fragment, b: Fragment): string | undefined {
  const [x, y] = [scaleOf(a.type), scaleOf(b.type)]
  const factor = factorText(Math.abs(x - y))
  if (factor === undefined) return undefined
  const low = x < y ? a : b
  const high = x < y ? b : a
  if (typeof low.literal === 'number') {
    // A literal is brought to the other scale now, if it can.
    const scaled = low.literal * Number(factor)
    if (Number.isSafeInteger(scaled)) {
      const text = String(scaled < 0 ? `(${scaled})` : scaled)
      return x < y ? `${text} ${operator} ${high.text}` : `${high.text} ${operator} ${text}`
    }
  }
  const asked: CallExpr = {
    kind: 'call',
    fn,
    args: [],
    type: { kind: 'BOOLEAN' },
    nullable: false,
    span: { start: 0, end: 0 },
  }
  const caller = code.callerOf({ ...asked, args: [expressionOf(asked, a), expressionOf(asked, b)] })
  const scaled = code.temp()
  const sides = x < y ? `${scaled} ${operator} ${b.text}` : `${a.text} ${operator} ${scaled}`
  return (
    `(typeof ${low.text} === 'number' && ` +
    `(${scaled} = ${low.text} * ${factor}) <= 9007199254740991 && ${scaled} >= -9007199254740991 ? ` +
    `${sides} : ${caller.name}(${a.text}, ${b.text}))`
  )
}

/** Whether equal values of the two types are === in narrow form, and < orders them. */
function isIdentity(a: SqlType, b: SqlType): boolean {
  if (isExact(a) && isExact(b)) return scaleOf(a) === scaleOf(b)
  if (isText(a) && isText(b)) return true
  if (a.kind !== b.kind) return false
  switch (a.kind) {
    case 'BOOLEAN':
    case 'DATE':
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
    case 'INTERVAL_DAY':
    case 'INTERVAL_MONTH':
      return true
  }
  return false
}

function areFloats(a: SqlType, b: SqlType): boolean {
  return (isFloat(a) && (isFloat(b) || isPlainInteger(b))) || (isPlainInteger(a) && isFloat(b))
}

function isText(type: SqlType): boolean {
  return type.kind === 'CHAR' || type.kind === 'VARCHAR'
}
