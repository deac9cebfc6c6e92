/**
 * Law: compiled expressions answer as the interpreter does, value for value and failure for failure, alone and fused. IF and
 * IFNULL are lazy here, as CASE and COALESCE are everywhere.
 */
import { formatFlinkType, seededRandom } from '@millrace/values'
import { expect, test } from 'vitest'
import { interpretExpr } from '../../interpreter/expression.ts'
import type { Expr, SqlValue } from '../../plan.ts'
import { narrow, type Row, widen } from '../row.ts'
import { columnTypes, FlinkExpressionSource, randomRow } from '../testing/random-flink-expression.ts'
import { compileCalc } from './compile-calc.ts'
import { compileExpression, compileProjection, type ExpressionContext } from './compile-expression.ts'

const count = Number(process.env.LAW_CASES ?? 1500)
const context: ExpressionContext = {
  now: () => 1_700_000_000_000,
  zone: 'UTC',
  functions: new Map(),
  watermark: () => undefined,
}

/** The value, or the name of the failure. */
function outcome(evaluate: () => SqlValue): SqlValue | { readonly failed: string } {
  try {
    return evaluate()
  } catch (error) {
    if (error instanceof Error && ['CoercionError', 'DivideByZero', 'ValueOutOfRange'].includes(error.name)) {
      return { failed: error.name }
    }
    throw error
  }
}

function lazy(expr: Expr): Expr {
  if (expr.kind !== 'call') return expr
  const fn = expr.fn === 'IF' ? 'CASE' : expr.fn === 'IFNULL' ? 'COALESCE' : expr.fn
  return { ...expr, fn, args: expr.args.map(lazy) }
}

function interpreted(expr: Expr, row: Row): SqlValue {
  const wide = row.map((value, i) => widen(value, columnTypes[i]!))
  return narrow(interpretExpr(lazy(expr), wide, context.now(), 'flink'))
}

function show(expr: Expr): string {
  if (expr.kind === 'literal') return `${typeof expr.value}:${String(expr.value)}`
  if (expr.kind !== 'call') return `$${expr.kind === 'column' ? expr.index : 'now'}`
  return `${expr.fn}(${expr.args.map(show).join(', ')}):${formatFlinkType(expr.type)}`
}

test('a compiled expression answers as the interpreter does', () => {
  let values = 0
  for (let i = 0; i < count; i++) {
    const seed = `${process.env.LAW_SEED ?? 'flink'}-${i}`
    const random = seededRandom(seed)
    const expr = new FlinkExpressionSource(random).any(4)
    const compiled = compileExpression(expr, context)
    for (let r = 0; r < 6; r++) {
      const row = randomRow(random)
      const wanted = outcome(() => interpreted(expr, row))
      const got = outcome(() => compiled(row))
      if (!Object.is(got, wanted)) {
        expect(got, `seed ${seed}: ${show(expr)} on ${row.map(String).join(', ')}`).toEqual(wanted)
      }
      if (wanted !== null && typeof wanted !== 'object') values++
    }
  }
  expect(values).toBeGreaterThan(count)
})

test('fused steps answer as one after the other', () => {
  for (let i = 0; i < count / 5; i++) {
    const random = seededRandom(`fused-${i}`)
    const source = new FlinkExpressionSource(random)
    const first = columnTypes.map((type, index): Expr => {
      const column: Expr = { kind: 'column', index, type, nullable: true, span: { start: 0, end: 0 } }
      if (random.below(3) > 0) return column
      const other = source.any(2)
      return formatFlinkType(other.type) === formatFlinkType(type) ? other : column
    })
    const predicate = source.of('boolean', 3)
    const second = [source.any(3), source.any(3)]
    const fused = compileCalc(
      [
        { kind: 'project', exprs: first },
        { kind: 'filter', predicate },
        { kind: 'project', exprs: second },
      ],
      context,
    )
    const [before, after] = [compileProjection(first, context), compileProjection(second, context)]
    const passes = compileExpression(predicate, context)
    for (let r = 0; r < 4; r++) {
      const row = randomRow(random)
      const wanted = outcome(() => {
        const middle = before(row)
        return passes(middle) === true ? after(middle) : null
      })
      expect(
        outcome(() => fused(row) ?? null),
        `seed fused-${i}`,
      ).toEqual(wanted)
    }
  }
})
