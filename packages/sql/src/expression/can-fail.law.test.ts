import { seededRandom } from '@millrace/values'
import { expect, test } from 'vitest'
import { lookupScalar, SqlRuntimeError } from '../functions/index.ts'
import { interpretExpr } from '../interpreter/expression.ts'
import { exprText } from '../laws/plan-text.ts'
import { ExpressionSource } from '../laws/random-expression.ts'
import { randomRow, randomSchema, startMs } from '../laws/random-rows.ts'
import type { Expr, SqlValue } from '../plan.ts'
import { canFail } from './can-fail.ts'
import { foldExpression } from './fold-expression.ts'

function evaluate(expr: Expr, values: readonly SqlValue[]): { value: SqlValue } | { error: string } {
  try {
    return { value: interpretExpr(expr, values, startMs, 'kda') }
  } catch (failure) {
    if (failure instanceof SqlRuntimeError) return { error: failure.name }
    throw failure
  }
}

const seeds = Array.from({ length: 1500 }, (_, i) => `expression-${i}`)

test('what is said not to fail does not fail', () => {
  let safe = 0
  let failed = 0
  for (const seed of seeds) {
    const random = seededRandom(seed)
    const schema = randomSchema(random)
    const expr = new ExpressionSource(random, schema).any(4)
    const fails = canFail(expr)
    if (!fails) safe++
    for (let i = 0; i < 5; i++) {
      const answer = evaluate(expr, randomRow(random, schema))
      if ('error' in answer) failed++
      if (!fails) expect(answer, `seed ${seed}: ${exprText(expr)}`).not.toHaveProperty('error')
    }
  }
  expect(safe).toBeGreaterThan(100)
  expect(failed).toBeGreaterThan(100)
})

test('a folded expression has the value of the plain one, and fails where it fails', () => {
  for (const seed of seeds) {
    const random = seededRandom(seed)
    const schema = randomSchema(random)
    const expr = new ExpressionSource(random, schema).any(4)
    const folded = foldExpression(expr, (name) => lookupScalar(name, 'kda'))
    expect(folded.type).toEqual(expr.type)
    for (let i = 0; i < 3; i++) {
      const values = randomRow(random, schema)
      expect(evaluate(folded, values), `seed ${seed}: ${exprText(expr)}`).toEqual(evaluate(expr, values))
    }
  }
})
