/**
 * Table functions over a CURSOR (spec 2.13): fn(CURSOR(SELECT STREAM ...), arguments). Arguments are constants; columns of the
 * cursor are named by string literals, exactly or, where that finds none, without regard to case.
 */

import type { Field, SqlType } from '@millrace/values'
import { codes } from '../diagnostic/codes.ts'
import { didYouMean } from '../diagnostic/spelling.ts'
import { foldExpression } from '../expression/fold-expression.ts'
import { columnOf } from '../expression/node-tools.ts'
import { isNumeric } from '../functions/index.ts'
import type { Expr, PlanNode, RowOperatorSpec, SqlValue } from '../plan.ts'
import type { Expression, FunctionCall, Query } from '../syntax/tree.ts'
import { bindExpression } from './bind-expression.ts'
import type { BinderContext } from './context.ts'
import { inOrder } from './in-order.ts'

const forms: Readonly<Record<string, string>> = {
  TOP_K_ITEMS_TUMBLING: "TOP_K_ITEMS_TUMBLING(CURSOR(SELECT STREAM ...), 'column', k, seconds)",
  COUNT_DISTINCT_ITEMS_TUMBLING:
    "COUNT_DISTINCT_ITEMS_TUMBLING(CURSOR(SELECT STREAM ...), 'column', seconds)",
  GROUP_RANK:
    "GROUP_RANK(CURSOR(SELECT STREAM ...), 'rank column', 'output column', 'asc' | 'desc', 'asc' | 'desc' | 'input', max idle ms, max rows)",
  RANDOM_CUT_FOREST:
    'RANDOM_CUT_FOREST(CURSOR(SELECT STREAM ...) [, trees [, sample size [, time decay [, shingle]]]])',
  RANDOM_CUT_FOREST_WITH_EXPLANATION:
    'RANDOM_CUT_FOREST_WITH_EXPLANATION(CURSOR(SELECT STREAM ...) [, trees [, sample size [, time decay [, shingle [, directions]]]]])',
  HOTSPOTS: 'HOTSPOTS(CURSOR(SELECT STREAM ...), window size, scan radius, min points)',
}

const resultText: SqlType = { kind: 'VARCHAR', length: 65535 }
const seed = 1

export function bindTableFunction(
  context: BinderContext,
  bindQuery: (query: Query) => PlanNode,
  call: FunctionCall,
): PlanNode {
  const name = call.name.name.toUpperCase()
  const form = forms[name]
  if (form === undefined) {
    return context.diagnostics.fail(
      codes.unknownFunction,
      call.span,
      `there is no table function ${call.name.name}.${didYouMean(name, Object.keys(forms))} Allowed: ${Object.keys(forms).join(', ')}.`,
    )
  }
  const args = new Arguments(context, call, form)
  const input = inOrder(bindQuery(args.cursor()))
  const all = input.schema.fields.map((field, i) => columnOf(field, i, call.span))
  const node = (operands: readonly Expr[], made: readonly Field[], operator: RowOperatorSpec): PlanNode => {
    args.end()
    const passes = !['top-k', 'count-distinct'].includes(operator.kind)
    const passed = passes ? all : []
    return {
      kind: 'rows',
      input,
      args: [...passed, ...operands],
      passed: passed.length,
      operator,
      schema: { fields: [...(passes ? input.schema.fields : []), ...made] },
      span: call.span,
    }
  }
  switch (name) {
    case 'TOP_K_ITEMS_TUMBLING': {
      const item = args.column(input)
      const k = args.integer('k', 1, 100_000)
      const ms = args.integer('the window in seconds', 1, 3600) * 1000
      const fields = [made('ITEM', item.type), made('ITEM_COUNT', { kind: 'BIGINT' })]
      return node([item], fields, { kind: 'top-k', k, ms })
    }
    case 'COUNT_DISTINCT_ITEMS_TUMBLING': {
      const item = args.column(input)
      const ms = args.integer('the window in seconds', 1, 3600) * 1000
      const fields = [made('NUMBER_OF_DISTINCT_ITEMS', { kind: 'BIGINT' })]
      return node([item], fields, { kind: 'count-distinct', ms })
    }
    case 'GROUP_RANK': {
      const ranked = args.column(input)
      const output = args.text('the name of the output column')
      const descending = args.choice('the order of ranks', ['asc', 'desc'] as const) === 'desc'
      const order = args.choice('the order of the output', ['asc', 'desc', 'input'] as const)
      const maxIdleMs = args.integer('the longest wait in ms', 0, 2_147_483_647)
      const outputMax = args.integer('the number of rows', 0, 2_147_483_647)
      const operator = { kind: 'group-rank', descending, output: order, maxIdleMs, outputMax } as const
      return node([ranked], [made(output, { kind: 'INTEGER' })], operator)
    }
    case 'HOTSPOTS': {
      const points = args.numericColumns(input)
      const window = args.integer('the window size', 100, 1000)
      const radius = args.positive('the scan radius')
      const minPoints = args.integer('the least number of points', 2, window)
      const operator = { kind: 'hotspots', window, radius, minPoints } as const
      return node(points, [made('HOTSPOTS_RESULT', resultText)], operator)
    }
    default: {
      const points = args.numericColumns(input)
      const trees = args.integer('the number of trees', 1, 1000, 100)
      const sample = args.integer('the sample size', 10, 1000, 256)
      const timeDecay = args.integer('the time decay', 1, 2_147_483_647, 100_000)
      const shingle = args.integer('the shingle size', 1, 30, 1)
      const isExplained = name === 'RANDOM_CUT_FOREST_WITH_EXPLANATION'
      // Directions are always given; the argument is read so that programs that ask for them run.
      if (isExplained) args.flag('whether directions are wanted', false)
      if (sample >= timeDecay)
        args.refuse(`the sample size ${sample} has to be below the time decay ${timeDecay}`)
      const explained = isExplained
        ? points.map((point) => (point.kind === 'column' ? input.schema.fields[point.index]!.name : '?'))
        : undefined
      const score = made('ANOMALY_SCORE', { kind: 'DOUBLE' })
      const fields = isExplained ? [score, made('ANOMALY_EXPLANATION', resultText)] : [score]
      const operator = {
        kind: 'random-cut-forest',
        trees,
        sample,
        timeDecay,
        shingle,
        seed,
        explained,
      } as const
      return node(points, fields, operator)
    }
  }
}

function made(name: string, type: SqlType): Field {
  return { name, type, nullable: false }
}

/** The arguments of a call, taken one after the other. */
class Arguments {
  readonly #context: BinderContext
  readonly #call: FunctionCall
  readonly #form: string
  readonly #args: readonly Expression[]
  #at = 0

  constructor(context: BinderContext, call: FunctionCall, form: string) {
    this.#context = context
    this.#call = call
    this.#form = form
    this.#args = typeof call.args === 'string' ? [] : call.args
  }

  refuse(problem: string): never {
    return this.#context.diagnostics.fail(
      codes.badArguments,
      this.#args[this.#at - 1]?.span ?? this.#call.span,
      `${problem}. Write ${this.#form}.`,
    )
  }

  cursor(): Query {
    const first = this.#args[this.#at++]
    if (first?.kind !== 'subquery' || first.form !== 'CURSOR')
      return this.refuse(`the first argument of ${this.#call.name.name} is a CURSOR over a stream`)
    return first.query
  }

  end(): void {
    if (this.#at >= this.#args.length) return
    this.#at++
    this.refuse(`${this.#call.name.name} takes no further arguments`)
  }

  text(what: string): string {
    const value = this.#constant(what)
    return typeof value === 'string' ? value : this.refuse(`${what} is a text in quotes`)
  }

  choice<T extends string>(what: string, choices: readonly T[]): T {
    const text = this.text(what).toLowerCase()
    const found = choices.find((choice) => choice === text)
    return (
      found ?? this.refuse(`${what} is ${choices.map((each) => `'${each}'`).join(' or ')}, not '${text}'`)
    )
  }

  integer(what: string, least: number, most: number, otherwise?: number): number {
    if (otherwise !== undefined && this.#at >= this.#args.length) return otherwise
    const value = this.#constant(what)
    const number = typeof value === 'bigint' ? Number(value) : value
    if (typeof number !== 'number' || !Number.isInteger(number) || number < least || number > most)
      return this.refuse(`${what} is a whole number from ${least} to ${most}, not ${String(value)}`)
    return number
  }

  positive(what: string): number {
    const value = this.#constantExpr(what)
    const { type } = value
    const number =
      typeof value.value === 'bigint' && type.kind === 'DECIMAL'
        ? Number(value.value) / 10 ** type.scale
        : Number(value.value)
    if (isNumeric(type) && number > 0) return number
    return this.refuse(`${what} is a number above 0`)
  }

  flag(what: string, otherwise: boolean): boolean {
    if (this.#at >= this.#args.length) return otherwise
    const value = this.#constant(what)
    return typeof value === 'boolean' ? value : this.refuse(`${what} is TRUE or FALSE`)
  }

  /** The column of the cursor that the next argument names. */
  column(input: PlanNode): Expr {
    const name = this.text('the name of a column')
    const { fields } = input.schema
    let index = fields.findIndex((field) => field.name === name)
    if (index < 0) index = fields.findIndex((field) => field.name.toUpperCase() === name.toUpperCase())
    if (index >= 0) return columnOf(fields[index]!, index, this.#call.span)
    const names = fields.map((field) => field.name)
    return this.#context.diagnostics.fail(
      codes.unknownColumn,
      this.#args[this.#at - 1]!.span,
      `the cursor has no column "${name}".${didYouMean(name, names)} It has ${names.map((each) => `"${each}"`).join(', ')}.`,
    )
  }

  /** The columns that make a point: all of numbers but DECIMAL. */
  numericColumns(input: PlanNode): Expr[] {
    const columns = input.schema.fields.flatMap((field, i) =>
      isNumeric(field.type) && field.type.kind !== 'DECIMAL' ? [columnOf(field, i, this.#call.span)] : [],
    )
    if (columns.length > 0 && columns.length <= 30) return columns
    return this.refuse(
      `${this.#call.name.name} reads the numeric columns of its cursor, of types other than DECIMAL; it needs 1 to 30 of them, and there are ${columns.length}`,
    )
  }

  #constant(what: string): SqlValue {
    return this.#constantExpr(what).value
  }

  #constantExpr(what: string): Extract<Expr, { kind: 'literal' }> {
    const arg = this.#args[this.#at++]
    if (arg === undefined) return this.refuse(`${what} is missing`)
    const scope = { sources: [], rowtime: undefined, merged: new Map() }
    const env = { scope, sink: undefined, clause: 'the arguments of a table function' }
    const folded = foldExpression(bindExpression(this.#context, env, arg), this.#context.functions.scalar)
    return folded.kind === 'literal' ? folded : this.refuse(`${what} is a constant`)
  }
}
