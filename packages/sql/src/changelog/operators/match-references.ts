/**
 * What conditions and measures of MATCH_RECOGNIZE see of a match: FIRST and LAST of a variable, aggregates over its rows, the
 * time of the match. The expressions are over a row that holds the references of the node in order; of a condition only those
 * that it reads are worked out. A reference to a variable without rows is NULL; an aggregate then is over no rows.
 *
 * Aggregates go from row to row: the accumulator of a step is a copy of the one before with a row more, so a condition costs
 * the same at every length of the match.
 */

import type { Expr, SqlValue } from '../../plan.ts'
import type { Accumulator, AggregateProgram } from '../aggregates/aggregate-program.ts'
import { makeAggregateProgram } from '../aggregates/make-aggregate-program.ts'
import { compileExpression, compilePredicate, compileProjection } from '../expression/compile-expression.ts'
import type { OperatorContext } from '../operator.ts'
import type { MatchNode, MatchReference } from '../plan.ts'
import type { Row } from '../row.ts'
import type { MatchStep } from './match-step.ts'

type Reader = (step: MatchStep) => SqlValue

export class MatchReferences {
  readonly #node: MatchNode
  readonly #context: OperatorContext
  readonly #variables: readonly string[]
  readonly #readers: readonly Reader[]

  /** `variables`: names by number. */
  constructor(node: MatchNode, variables: readonly string[], context: OperatorContext) {
    this.#node = node
    this.#context = context
    this.#variables = variables
    this.#readers = node.references.map((reference, index) => this.#reader(reference, index))
  }

  /** Whether the last row of the step may be what its variable says. Throws where the condition has no value. */
  condition(expr: Expr): (step: MatchStep) => boolean {
    const holds = compilePredicate(expr, this.#context)
    const read = this.#rowOf([expr])
    return (step) => holds(read(step))
  }

  measures(): (step: MatchStep) => SqlValue[] {
    const values = compileProjection(this.#node.measures, this.#context)
    const read = this.#rowOf(this.#node.measures)
    return (step) => values(read(step))
  }

  /** Whether a condition of the variable looks at the candidate row alone. */
  looksAtCandidateOnly(expr: Expr, variable: string): boolean {
    return columnsOf([expr]).every((column) => {
      const reference = this.#node.references[column]!
      if (reference.kind !== 'last' || reference.offset !== 0) return false
      return reference.variable === undefined || reference.variable === variable
    })
  }

  /** The references that some expressions read; the others are NULL. */
  #rowOf(exprs: readonly Expr[]): (step: MatchStep) => Row {
    const columns = columnsOf(exprs)
    const readers = this.#readers
    const size = readers.length
    return (step) => {
      const row: SqlValue[] = new Array<SqlValue>(size).fill(null)
      for (const column of columns) row[column] = readers[column]!(step)
      return row
    }
  }

  #reader(reference: MatchReference, index: number): Reader {
    switch (reference.kind) {
      case 'match-rowtime': {
        const { column } = this.#node.time
        return (step) => step.row[column]!
      }
      case 'match-proctime':
        return () => this.#context.now()
      case 'aggregate': {
        const { call } = reference
        const program = makeAggregateProgram({ calls: [call], retracts: false }, this.#context)
        const variable = this.#numberOf(reference.variable)
        return (step) => program.results(accumulate(program, step, variable, index))[0]!
      }
      case 'first':
      case 'last': {
        const value = compileExpression(reference.expr, this.#context)
        const variable = this.#numberOf(reference.variable)
        const find = reference.kind === 'first' ? findFirst : findLast
        const { offset } = reference
        return (step) => {
          const found = find(step, variable, offset)
          return found === undefined ? null : value(found.row)
        }
      }
    }
  }

  #numberOf(variable: string | undefined): number | undefined {
    return variable === undefined ? undefined : this.#variables.indexOf(variable)
  }
}

function findLast(step: MatchStep, variable: number | undefined, offset: number): MatchStep | undefined {
  let found = variable === undefined ? step : step.lasts[variable]
  for (let n = offset; n > 0 && found !== undefined; n--)
    found = variable === undefined ? found.previous : found.sameBefore
  return found
}

function findFirst(step: MatchStep, variable: number | undefined, offset: number): MatchStep | undefined {
  if (offset === 0) return variable === undefined ? step.first : step.firsts[variable]
  // The chain leads back from the last row, so the rows are counted first.
  let count = 0
  const last = findLast(step, variable, 0)
  const before = (each: MatchStep) => (variable === undefined ? each.previous : each.sameBefore)
  for (let each = last; each !== undefined; each = before(each)) count++
  return offset < count ? findLast(step, variable, count - 1 - offset) : undefined
}

/** The accumulator over the rows of the variable up to the step. */
function accumulate(
  program: AggregateProgram,
  step: MatchStep,
  variable: number | undefined,
  index: number,
): Accumulator {
  const last = findLast(step, variable, 0)
  if (last === undefined) return program.create()
  const steps: MatchStep[] = []
  let each: MatchStep | undefined = last
  while (each !== undefined && each.accumulators?.[index] === undefined) {
    steps.push(each)
    each = variable === undefined ? each.previous : each.sameBefore
  }
  const known = each?.accumulators?.[index]
  if (steps.length === 0 && known !== undefined) return known
  const made = program.create()
  if (known !== undefined) program.merge(made, known)
  for (let at = steps.length - 1; at >= 0; at--) program.add(made, steps[at]!.row)
  last.accumulators ??= []
  last.accumulators[index] = made
  return made
}

/** Columns that some expressions read, each once. */
function columnsOf(exprs: readonly Expr[]): readonly number[] {
  const columns = new Set<number>()
  const collect = (expr: Expr): void => {
    if (expr.kind === 'column') columns.add(expr.index)
    if (expr.kind === 'call') expr.args.forEach(collect)
  }
  exprs.forEach(collect)
  return [...columns]
}
