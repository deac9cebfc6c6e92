/**
 * Code for CAST and ASSIGN between types whose values are held alike, or nearly so. A NULL for a column that is NOT NULL fails
 * the row; that is the one thing ASSIGN asks that CAST does not.
 */
import type { SqlType } from '@millrace/values'
import { formatFlinkType } from '@millrace/values'
import { SqlRuntimeError } from '../../functions/index.ts'
import type { CallExpr } from '../../plan.ts'
import type { Code, Fragment } from './code.ts'
import { factorText, isExact, isPlainInteger, isWide, scaleOf } from './number-types.ts'

export function inlineCast(code: Code, call: CallExpr): Fragment | undefined {
  if (call.fn !== 'CAST' && call.fn !== 'ASSIGN') return undefined
  const from = call.args[0]!
  const value = converted(code, call, code.expression(from))
  if (call.fn === 'CAST' || call.nullable || !value.nullable) return value
  const fail = code.constant((): never => {
    throw new SqlRuntimeError(
      'NotNullViolation',
      `NULL for a column of type ${formatFlinkType(call.type)} NOT NULL`,
    )
  })
  code.emit(`if (${value.text} === null) ${fail}()`)
  return { ...value, nullable: false }
}

function converted(code: Code, call: CallExpr, arg: Fragment): Fragment {
  const [from, to] = [arg.type, call.type]
  if (isHeldAlike(from, to)) return { ...arg, type: to }
  const text = shortWay(code, call, arg, from, to)
  return text === undefined ? code.callWith(call, [arg]) : code.strict([arg], text, to, true)
}

/** Every value of `from` is the same value in `to`. */
function isHeldAlike(from: SqlType, to: SqlType): boolean {
  const width = { TINYINT: 1, SMALLINT: 2, INTEGER: 3, BIGINT: 4 }
  if (from.kind in width && to.kind in width) {
    // Both are keys of `width`.
    return width[from.kind as keyof typeof width] <= width[to.kind as keyof typeof width]
  }
  if (isPlainInteger(from) && to.kind === 'DOUBLE') return true
  if (from.kind === 'VARCHAR' && to.kind === 'VARCHAR') return from.length <= to.length
  if (from.kind === 'DECIMAL' && to.kind === 'DECIMAL') {
    return from.scale === to.scale && from.precision <= to.precision
  }
  if (from.kind === 'TIMESTAMP' || from.kind === 'TIMESTAMP_LTZ') {
    return from.kind === to.kind && (from.precision ?? 3) <= (to.precision ?? 3)
  }
  return from.kind === to.kind && ['BOOLEAN', 'DATE', 'DOUBLE', 'REAL'].includes(from.kind)
}

function shortWay(
  code: Code,
  call: CallExpr,
  { text }: Fragment,
  from: SqlType,
  to: SqlType,
): string | undefined {
  if (isExact(from) && to.kind === 'DECIMAL' && to.scale >= scaleOf(from)) {
    const factor = factorText(to.scale - scaleOf(from))
    if (factor === undefined) return undefined
    const limit = to.precision <= 15 ? String(10 ** to.precision - 1) : '9007199254740991'
    const result = code.temp()
    const caller = code.callerOf(call)
    const number = isWide(from) ? `typeof ${text} === 'number' && ` : ''
    return `(${number}(${result} = ${text} * ${factor}) <= ${limit} && ${result} >= -${limit} ? ${result} : ${caller.name}(${text}))`
  }
  if (from.kind === 'BIGINT' && to.kind === 'INTEGER') {
    const { name } = code.callerOf(call)
    return `(typeof ${text} === 'number' && (${text} | 0) === ${text} ? ${text} : ${name}(${text}))`
  }
  if (from.kind === 'BIGINT' && to.kind === 'DOUBLE') return `Number(${text})`
  if ((isPlainInteger(from) || from.kind === 'BIGINT') && to.kind === 'VARCHAR' && to.length >= 20) {
    return `String(${text})`
  }
  return undefined
}
