/**
 * Laws of expressions, over random ones: a value always lies in the type that was inferred for it, so that the compiler
 * and the optimizer may rely on types; and what is said not to be NULL is not.
 */
import { type SqlType, seededRandom } from '@millrace/values'
import { expect, test } from 'vitest'
import { SqlRuntimeError } from '../functions/index.ts'
import { integerBounds, isIntegerKind } from '../functions/types.ts'
import { interpretExpr } from '../interpreter/expression.ts'
import type { Expr, SqlValue } from '../plan.ts'
import { exprText } from './plan-text.ts'
import { ExpressionSource } from './random-expression.ts'
import { randomRow, randomSchema, startMs } from './random-rows.ts'

const count = Number(process.env.LAW_CASES ?? 2000)

test('the value of an expression lies in its type, and is NULL only where the plan allows it', () => {
  let evaluated = 0
  for (let i = 0; i < count; i++) {
    const seed = `${process.env.LAW_SEED ?? 'expression'}-${i}`
    const random = seededRandom(seed)
    const schema = randomSchema(random)
    const expr = new ExpressionSource(random, schema).any(4)
    for (let r = 0; r < 4; r++) {
      const row = randomRow(random, schema)
      checkParts(expr, row, seed)
      evaluated++
    }
  }
  expect(evaluated).toBe(count * 4)
})

/** Checks every part for itself: the whole may hide a value that a part should never have had. */
function checkParts(expr: Expr, row: readonly SqlValue[], seed: string): void {
  if (expr.kind === 'call') for (const arg of expr.args) checkParts(arg, row, seed)
  let value: SqlValue
  try {
    value = interpretExpr(expr, row, startMs)
  } catch (error) {
    if (error instanceof SqlRuntimeError) return
    throw new Error(`seed ${seed}: ${exprText(expr)} on ${row.map(String).join(', ')}`, { cause: error })
  }
  if (value === null ? !expr.nullable : !isIn(value, expr.type)) {
    expect.fail(`seed ${seed}: ${exprText(expr)} on ${row.map(String).join(', ')} gave ${String(value)}`)
  }
}

function isIn(value: SqlValue, type: SqlType): boolean {
  if (isIntegerKind(type.kind)) {
    const { min, max } = integerBounds[type.kind]
    if (type.kind === 'BIGINT') return typeof value === 'bigint' && value >= min && value <= max
    return Number.isInteger(value) && !Object.is(value, -0) && Number(value) >= min && Number(value) <= max
  }
  switch (type.kind) {
    case 'DECIMAL':
      return typeof value === 'bigint' && (value < 0n ? -value : value) < 10n ** BigInt(type.precision)
    case 'REAL':
      return typeof value === 'number' && Number.isFinite(value) && Math.fround(value) === value
    case 'DOUBLE':
      return typeof value === 'number' && Number.isFinite(value)
    case 'BOOLEAN':
      return typeof value === 'boolean'
    case 'VARCHAR':
      return typeof value === 'string' && [...value].length <= type.length
    case 'CHAR':
      return typeof value === 'string' && [...value].length === type.length
    case 'TIMESTAMP':
      return (
        typeof value === 'number' &&
        Number.isInteger(value) &&
        value >= -62135596800000 &&
        value <= 253402300799999
      )
    case 'DATE':
    case 'TIME':
    case 'INTERVAL_DAY':
    case 'INTERVAL_MONTH':
      return typeof value === 'number' && Number.isInteger(value) && !Object.is(value, -0)
    default:
      return true
  }
}
