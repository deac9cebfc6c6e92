/** Expressions, durations and lists as people write them: columns without quotes, conversions of INSERT left out. */
import type { Schema } from '@millrace/values'
import { formatExpr, formatType } from '../expression/format-expr.ts'
import type { Expr } from '../plan.ts'

const comparisons = new Set([
  '=',
  '<>',
  '<',
  '<=',
  '>',
  '>=',
  'LIKE',
  'SIMILAR TO',
  'IS DISTINCT FROM',
  'IS NOT DISTINCT FROM',
])
const arithmetic = new Set(['+', '-', '*', '/', '||'])

/** `name` tells a column by its index: with the side that it is of, where both sides of a join have one of the name. */
export function expressionWords(
  expr: Expr,
  schema: Schema,
  name: (index: number) => string = (index) => columnName(schema, index),
): string {
  const words = (each: Expr): string => expressionWords(each, schema, name)
  const inner = (each: Expr): string => {
    const text = words(each)
    return each.kind === 'call' &&
      (each.fn === 'AND' || each.fn === 'OR' || arithmetic.has(each.fn) || comparisons.has(each.fn))
      ? `(${text})`
      : text
  }
  switch (expr.kind) {
    case 'literal':
      return expr.type.kind === 'INTERVAL_DAY' && expr.value !== null
        ? durationWords(Number(expr.value))
        : formatExpr(expr, schema)
    case 'rowtime':
      return "the row's time"
    case 'column':
      return name(expr.index)
    case 'call':
      break
  }
  const { fn, args } = expr
  const [first, second] = args
  if (fn === 'ASSIGN' && first !== undefined) return words(first)
  // The binder converts literals so that both sides of a comparison are of one type.
  if (fn === 'CAST' && first?.kind === 'literal') return words(first)
  if (fn === 'CAST' && first !== undefined)
    return `${inner(first)} as ${formatType({ ...expr, nullable: true })}`
  if (fn === 'AND')
    return args
      .map((arg) => (arg.kind === 'call' && arg.fn === 'OR' ? `(${words(arg)})` : words(arg)))
      .join(' and ')
  if (fn === 'OR')
    return args
      .map((arg) => (arg.kind === 'call' && arg.fn === 'AND' ? `(${words(arg)})` : words(arg)))
      .join(' or ')
  if (fn === 'NOT' && first !== undefined) return `not (${words(first)})`
  if (fn === 'CASE') return caseWords(args, words)
  if (fn.startsWith('IS ') && args.length === 1 && first !== undefined) return `${inner(first)} ${fn}`
  if ((comparisons.has(fn) || arithmetic.has(fn)) && first !== undefined && second !== undefined)
    return args.map(inner).join(` ${fn} `)
  return `${fn}(${args.map(words).join(', ')})`
}

function caseWords(args: readonly Expr[], words: (expr: Expr) => string): string {
  const parts: string[] = []
  for (let i = 0; i + 1 < args.length; i += 2) {
    const [when, then] = [args[i], args[i + 1]]
    if (when !== undefined && then !== undefined) parts.push(`${words(then)} if ${words(when)}`)
  }
  const last = args.length % 2 === 1 ? args.at(-1) : undefined
  return [...parts, ...(last === undefined ? [] : [`else ${words(last)}`])].join(', ')
}

export function columnName({ fields }: Schema, index: number): string {
  return fields[index]?.name ?? `#${index}`
}

/** 1,800,000 as '30 minutes'. */
export function durationWords(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return 'all time'
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1_000],
  ] as const
  const [name, size] = units.find(([, each]) => ms !== 0 && ms % each === 0) ?? ['ms', 1]
  const count = ms / size
  return name === 'ms' ? `${count} ms` : `${count} ${name}${count === 1 ? '' : 's'}`
}

/** `a`, `a and b`, `a, b and c`. */
export function listWords(words: readonly string[], and = 'and'): string {
  if (words.length < 2) return words[0] ?? ''
  return `${words.slice(0, -1).join(', ')} ${and} ${words.at(-1)}`
}

/** `the last 10 rows`, `the current row`. */
export function rowsWords(count: number): string {
  return count === 1 ? 'the current row' : `the last ${count} rows`
}

export interface CallLike {
  readonly fn: string
  readonly args: readonly Expr[]
  readonly distinct: boolean
  readonly filter?: Expr | undefined
}

const callNames: Readonly<Record<string, string>> = {
  SUM: 'the sum of',
  MIN: 'the least',
  MAX: 'the greatest',
  AVG: 'the average of',
  FIRST_VALUE: 'the first',
  LAST_VALUE: 'the last',
  STDDEV_POP: 'the deviation of',
  STDDEV_SAMP: 'the deviation of',
}

/** An aggregate: `the number of rows`, `the sum of amount`. */
export function callWords({ fn, args, distinct, filter }: CallLike, schema: Schema): string {
  const operands = args.map((arg) => expressionWords(arg, schema))
  const only = filter === undefined ? '' : ` where ${expressionWords(filter, schema)}`
  const [first] = operands
  if (fn === 'COUNT') {
    if (first === undefined) return `the number of rows${only}`
    return `the number of ${distinct ? `different values of ${listWords(operands)}` : `rows with ${listWords(operands)}`}${only}`
  }
  const name = callNames[fn]
  if (name !== undefined && operands.length === 1)
    return `${name} ${distinct ? 'different ' : ''}${first}${only}`
  return `${fn}(${distinct ? 'DISTINCT ' : ''}${operands.join(', ')})${only}`
}

export function callsWords(calls: readonly CallLike[], schema: Schema): string {
  return listWords(calls.map((call) => callWords(call, schema)))
}

/** What a projection makes: the columns it passes on, then those it computes, a line each. */
export function projectionWords(
  exprs: readonly Expr[],
  input: Schema,
  output: Schema,
): { readonly title: string; readonly text: string; readonly details: readonly string[] } {
  const kept: string[] = []
  const renamed: string[] = []
  const made: string[] = []
  for (const [i, expr] of exprs.entries()) {
    const name = columnName(output, i)
    const bare = withoutAssign(expr)
    const text = expressionWords(bare, input)
    if (bare.kind !== 'column') made.push(`${name} = ${text}`)
    else if (text === name) kept.push(name)
    else renamed.push(`${name} is ${text}`)
  }
  const all = kept.length === input.fields.length && renamed.length + made.length === 0
  const parts = [
    ...(all ? ['Passes all columns on'] : kept.length === 0 ? [] : [`Keeps ${listWords(kept)}`]),
    ...(renamed.length === 0
      ? []
      : [
          `gives ${renamed.length === 1 ? 'a column another name' : `${renamed.length} columns other names`}`,
        ]),
    ...(made.length === 0
      ? []
      : [`computes ${listWords(made.map((text) => text.split(' = ', 1)[0] ?? ''))}`]),
  ]
  const text = parts.length === 0 ? 'Makes rows without columns' : listWords(parts)
  return {
    title: made.length > 0 ? 'Compute columns' : renamed.length > 0 ? 'Rename columns' : 'Choose columns',
    text: `${text.charAt(0).toUpperCase()}${text.slice(1)}.`,
    details: [...made, ...renamed],
  }
}

/** The conversion that INSERT makes says nothing to people. */
function withoutAssign(expr: Expr): Expr {
  const [first] = expr.kind === 'call' && expr.fn === 'ASSIGN' ? expr.args : []
  return first ?? expr
}

export interface JoinWords {
  readonly left: string
  readonly right: string
  readonly leftSchema: Schema
  readonly rightSchema: Schema
  readonly leftKeys: readonly Expr[]
  readonly rightKeys: readonly Expr[]
  readonly residual: Expr | undefined
}

/** When two rows meet: `with the same orderId`, `where ORDERS.id = ITEMS.orderId and ...`; empty: always. */
export function meetWords(join: JoinWords): string {
  const { left, right, leftSchema, rightSchema, leftKeys, rightKeys } = join
  const [ofLeft, ofRight] = [namesOf(leftSchema), namesOf(rightSchema)]
  const same: string[] = []
  const equal: string[] = []
  for (const [i, key] of leftKeys.entries()) {
    const other = rightKeys[i]
    if (other === undefined) continue
    const [a, b] = [expressionWords(key, leftSchema), expressionWords(other, rightSchema)]
    if (a === b) same.push(a)
    else equal.push(`${sided(key, a, left, ofRight)} = ${sided(other, b, right, ofLeft)}`)
  }
  const rest = residualWords(join)
  const where = [...equal, ...(rest === undefined ? [] : [rest])]
  return [
    ...(same.length === 0 ? [] : [`with the same ${listWords(same)}`]),
    ...(where.length === 0 ? [] : [`where ${where.join(' and ')}`]),
  ].join(', ')
}

/** A column with its side where the other side has one of the name. */
function sided(key: Expr, text: string, side: string, others: ReadonlySet<string>): string {
  return key.kind === 'column' && others.has(text) ? `${side}.${text}` : text
}

function namesOf({ fields }: Schema): ReadonlySet<string> {
  return new Set(fields.map((field) => field.name))
}

function residualWords({ left, right, leftSchema, rightSchema, residual }: JoinWords): string | undefined {
  if (residual === undefined) return undefined
  const width = leftSchema.fields.length
  const [ofLeft, ofRight] = [namesOf(leftSchema), namesOf(rightSchema)]
  const both: Schema = { fields: [...leftSchema.fields, ...rightSchema.fields] }
  return expressionWords(residual, both, (index) => {
    const name = columnName(both, index)
    if (!ofLeft.has(name) || !ofRight.has(name)) return name
    return `${index < width ? left : right}.${name}`
  })
}
