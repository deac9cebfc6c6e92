/**
 * What expressions of MATCH_RECOGNIZE read of the match at hand: each distinct reading is a column of the row that DEFINE and
 * MEASURES are bound over. `A.price` is the last row of A, `price` the last row of the match, FIRST and LAST count rows of
 * a variable, aggregates go over the rows of one variable or of the whole match.
 */

import type { ExpressionScope } from '../../binder/bind-expression.ts'
import { isFlinkAggregate } from '../../binder/bind-flink-forms.ts'
import { resolveName, type Scope } from '../../binder/scope.ts'
import { codes } from '../../diagnostic/codes.ts'
import { sameExpr } from '../../expression/expr-tools.ts'
import type { Expr } from '../../plan.ts'
import type { Expression, FunctionCall, PatternVariable } from '../../syntax/tree.ts'
import type { ChangelogNode, MatchReference, TimeAttribute } from '../plan.ts'
import { bindAggregateCall, isNeverNull, sameAggregate } from './bind-aggregate-call.ts'
import { bindFlinkExpression } from './bind-flink-expression.ts'
import type { FlinkContext } from './context.ts'
import { namesIn } from './find-in-tree.ts'

export class MatchReferences {
  readonly list: MatchReference[] = []
  readonly #context: FlinkContext
  readonly #input: ChangelogNode
  readonly #scope: Scope
  readonly #pattern: readonly PatternVariable[]
  readonly #time: TimeAttribute

  constructor(
    context: FlinkContext,
    input: ChangelogNode,
    scope: Scope,
    pattern: readonly PatternVariable[],
    time: TimeAttribute,
  ) {
    this.#context = context
    this.#input = input
    this.#scope = scope
    this.#pattern = pattern
    this.#time = time
  }

  /** `defines`: the variable whose condition is bound; undefined for MEASURES. */
  bind(expression: Expression, clause: 'DEFINE' | 'MEASURES', defines: string | undefined): Expr {
    const env: ExpressionScope = {
      scope: this.#scope,
      sink: undefined,
      clause,
      replace: (part) => this.#replace(part, defines),
    }
    return bindFlinkExpression(this.#context, env, expression)
  }

  #replace(part: Expression, defines: string | undefined): Expr | undefined {
    if (part.kind === 'name') return this.#row(part, 'last', part, 0, defines)
    if (part.kind !== 'call') return undefined
    const name = part.name.name.toUpperCase()
    if (name === 'FIRST' || name === 'LAST') {
      const { operand, offset } = this.#navigation(part, name)
      return this.#row(part, name === 'FIRST' ? 'first' : 'last', operand, offset, defines)
    }
    if (name === 'MATCH_ROWTIME' || name === 'MATCH_PROCTIME') return this.#matchTime(part, name)
    if (['PREV', 'NEXT', 'CLASSIFIER', 'MATCH_NUMBER'].includes(name)) {
      return this.#fail(
        part,
        `${name} is not part of Flink's MATCH_RECOGNIZE. ${name === 'PREV' ? 'Write LAST(variable.column, 1) for the row of a variable before its last one.' : 'Leave it out.'}`,
      )
    }
    return isFlinkAggregate(this.#context.base, name) ? this.#aggregate(part, defines) : undefined
  }

  #row(
    at: Expression,
    kind: 'first' | 'last',
    operand: Expression,
    offset: number,
    defines: string | undefined,
  ): Expr {
    const variable = this.#variableOf(operand, 'FIRST and LAST read')
    const expr = this.#overInput(operand)
    let index = this.list.findIndex(
      (each) =>
        each.kind === kind &&
        each.variable === variable &&
        each.offset === offset &&
        sameExpr(each.expr, expr),
    )
    if (index < 0) index = this.list.push({ kind, variable, expr, offset }) - 1
    const there = offset === 0 && this.#hasRow(variable, defines)
    return { kind: 'column', index, type: expr.type, nullable: expr.nullable || !there, span: at.span }
  }

  /** Whether the variable surely has a row where the expression is computed. */
  #hasRow(variable: string | undefined, defines: string | undefined): boolean {
    if (variable === undefined || variable === defines) return true
    const place = this.#pattern.findIndex((each) => each.variable.name === variable)
    if ((this.#pattern[place]?.min ?? 0) === 0) return false
    return defines === undefined || place < this.#pattern.findIndex((each) => each.variable.name === defines)
  }

  #navigation(call: FunctionCall, name: string): { operand: Expression; offset: number } {
    const args = typeof call.args === 'string' ? [] : call.args
    const [operand, count, more] = args
    if (operand === undefined || more !== undefined)
      return this.#fail(
        call,
        `${name} takes a column of a variable and a number of rows. Write ${name}(A.x, 1).`,
      )
    if (count === undefined) return { operand, offset: 0 }
    const offset = count.kind === 'number' ? Number(count.text) : Number.NaN
    if (Number.isSafeInteger(offset) && offset >= 0) return { operand, offset }
    return this.#fail(call, `the number of rows of ${name} has to be a constant whole number, 0 or more.`)
  }

  #matchTime(call: FunctionCall, name: 'MATCH_ROWTIME' | 'MATCH_PROCTIME'): Expr {
    const wanted = name === 'MATCH_ROWTIME' ? 'rowtime' : 'proctime'
    if (this.#time.kind !== wanted) {
      return this.#context.base.diagnostics.fail(
        codes.needsTimeAttribute,
        call.span,
        `${name} needs ORDER BY a ${wanted} attribute. Here the rows are ordered by ${this.#time.kind}: use MATCH_${this.#time.kind.toUpperCase()}.`,
      )
    }
    const kind = wanted === 'rowtime' ? 'match-rowtime' : 'match-proctime'
    let index = this.list.findIndex((each) => each.kind === kind)
    if (index < 0) index = this.list.push({ kind }) - 1
    const { type } = this.#input.schema.fields[this.#time.column]!
    return { kind: 'column', index, type, nullable: false, span: call.span }
  }

  #aggregate(call: FunctionCall, defines: string | undefined): Expr {
    if (call.distinct)
      this.#fail(call, `${call.name.name}(DISTINCT ...) is not allowed in a pattern. Leave DISTINCT out.`)
    if (call.over !== undefined)
      this.#fail(call, `${call.name.name} OVER is not allowed in a pattern. Leave OVER out.`)
    const args = typeof call.args === 'string' ? [] : call.args
    const variables = [...new Set(args.flatMap((arg) => this.#variablesIn(arg)))]
    if (variables.length > 1)
      this.#fail(
        call,
        `${call.name.name} goes over the rows of one variable, not of ${variables.map((v) => v ?? 'the whole match').join(' and ')}.`,
      )
    const [variable] = variables
    const env: ExpressionScope = {
      scope: this.#scope,
      sink: undefined,
      clause: 'an aggregate',
      replace: (part) => (part.kind === 'name' ? this.#column(part) : undefined),
    }
    const bound = bindAggregateCall(this.#context, env, call, 'match')
    let index = this.list.findIndex(
      (each) => each.kind === 'aggregate' && each.variable === variable && sameAggregate(each.call, bound),
    )
    if (index < 0) index = this.list.push({ kind: 'aggregate', variable, call: bound }) - 1
    const nullable = !isNeverNull(bound.fn) && (bound.nullable || !this.#hasRow(variable, defines))
    return { kind: 'column', index, type: bound.type, nullable, span: call.span }
  }

  /** The expression over the input's rows, its variables left out. */
  #overInput(expression: Expression): Expr {
    const env: ExpressionScope = {
      scope: this.#scope,
      sink: undefined,
      clause: 'a pattern',
      replace: (part) => (part.kind === 'name' ? this.#column(part) : undefined),
    }
    return bindFlinkExpression(this.#context, env, expression)
  }

  #column(name: Extract<Expression, { kind: 'name' }>): Expr {
    const parts = this.#isVariable(name) ? name.parts.slice(1) : name.parts
    return resolveName(this.#scope, parts, name.span, this.#context.base.diagnostics, 'flink')
  }

  #variableOf(expression: Expression, what: string): string | undefined {
    const variables = [...new Set(this.#variablesIn(expression))]
    if (variables.length > 1)
      this.#fail(
        expression,
        `${what} one variable, not ${variables.map((v) => v ?? 'the whole match').join(' and ')}.`,
      )
    return variables[0]
  }

  #variablesIn(expression: Expression): readonly (string | undefined)[] {
    return namesIn(expression).map((name) => (this.#isVariable(name) ? name.parts[0]!.name : undefined))
  }

  #isVariable(name: Extract<Expression, { kind: 'name' }>): boolean {
    return name.parts.length > 1 && this.#pattern.some((each) => each.variable.name === name.parts[0]!.name)
  }

  #fail(at: Expression, message: string): never {
    return this.#context.base.diagnostics.fail(codes.badPattern, at.span, message)
  }
}
