/**
 * Forms of expressions that only Flink SQL has: collections and rows, elements and fields, JSON, periods; and calls of
 * host functions, which both dialects have. What each becomes is listed in plan.ts and functions/index.ts.
 */
import type { SqlType } from '@millrace/values'
import { formatFlinkType as typeText } from '@millrace/values'
import { codes } from '../diagnostic/codes.ts'
import { flinkCommonTypeOf, jsonReturningProblem } from '../functions/index.ts'
import type { HostAsync, HostFunction, HostScalar } from '../host-function.ts'
import type { Expr } from '../plan.ts'
import type { Span } from '../span.ts'
import type { Expression, JsonBehavior, JsonCall, Period } from '../syntax/tree.ts'
import { literal, textLiteral } from './bind-literal.ts'
import type { BinderContext } from './context.ts'
import { isImplicitlyCastable, literalFits } from './flink-casts.ts'
import { argumentType, castTo, failArguments, makeCall } from './make-call.ts'
import { resolveType } from './resolve-type.ts'

/** Calls that stand for a value over many rows: the sink of the clause at hand says what each becomes. */
const flinkAggregates: ReadonlySet<string> = new Set(
  `COUNT SUM SUM0 AVG MIN MAX STDDEV STDDEV_POP STDDEV_SAMP VARIANCE VAR_POP VAR_SAMP COLLECT LISTAGG FIRST_VALUE LAST_VALUE
  ARRAY_AGG APPROX_COUNT_DISTINCT SINGLE_VALUE JSON_OBJECTAGG JSON_ARRAYAGG PERCENTILE LAG LEAD ROW_NUMBER RANK DENSE_RANK
  PERCENT_RANK CUME_DIST NTILE NTH_VALUE`.split(/\s+/),
)

export function isBuiltInAggregate(name: string): boolean {
  return flinkAggregates.has(name)
}

export function isFlinkAggregate(context: BinderContext, name: string): boolean {
  return isBuiltInAggregate(name) || context.hosts?.get(name)?.kind === 'aggregate'
}

type Bind = (expression: Expression) => Expr

/** The expression if it is of a form that only Flink has. */
export function bindFlinkForm(context: BinderContext, bind: Bind, expression: Expression): Expr | undefined {
  const { span } = expression
  switch (expression.kind) {
    case 'array':
      return makeArray(context, expression.elements.map(bind), span)
    case 'map':
      return makeMap(context, expression.entries.map(bind), span)
    case 'row':
      return makeRow(expression.elements.map(bind), span)
    case 'element':
      return makeItem(context, bind(expression.operand), bind(expression.index), span)
    case 'period':
      return makeCall(
        context,
        expression.op === 'OVERLAPS' && context.dialect === 'flink' ? 'OVERLAPS' : `PERIOD ${expression.op}`,
        [...ends(bind, expression.left), ...ends(bind, expression.right)],
        span,
      )
    case 'json':
      return bindJson(context, bind, expression)
    default:
      return undefined
  }
}

function ends(bind: Bind, period: Period): readonly [Expr, Expr] {
  const start = bind(period[0])
  return [start, period.length === 2 ? bind(period[1]) : start]
}

function callOf(fn: string, args: readonly Expr[], type: SqlType, nullable: boolean, span: Span): Expr {
  return { kind: 'call', fn, args, type, nullable, span }
}

function commonOf(context: BinderContext, parts: readonly Expr[], what: string): SqlType {
  const type = flinkCommonTypeOf(parts.map((part) => part.type))
  if (type !== undefined) return type
  const first = parts[0]!
  return context.diagnostics.fail(
    codes.badArguments,
    { start: first.span.start, end: parts.at(-1)!.span.end },
    `the ${what} have no type in common: ${[...new Set(parts.map((part) => typeText(part.type)))].join(', ')}. Cast them to one type.`,
  )
}

function makeArray(context: BinderContext, elements: readonly Expr[], span: Span): Expr {
  if (elements.length === 0)
    return context.diagnostics.fail(
      codes.badArguments,
      span,
      'ARRAY[] has no element that tells its type. Give it at least one element.',
    )
  const element = commonOf(context, elements, 'elements of ARRAY[...]')
  return callOf(
    'ARRAY',
    elements.map((part) => castTo(context, part, element)),
    { kind: 'ARRAY', element },
    false,
    span,
  )
}

function makeMap(context: BinderContext, entries: readonly Expr[], span: Span): Expr {
  if (entries.length === 0 || entries.length % 2 === 1)
    return context.diagnostics.fail(
      codes.badArguments,
      span,
      `MAP[...] takes keys and values in turn, not ${entries.length} expressions. Write MAP['a', 1, 'b', 2].`,
    )
  const key = commonOf(
    context,
    entries.filter((_, i) => i % 2 === 0),
    'keys of MAP[...]',
  )
  const value = commonOf(
    context,
    entries.filter((_, i) => i % 2 === 1),
    'values of MAP[...]',
  )
  const args = entries.map((part, i) => castTo(context, part, i % 2 === 0 ? key : value))
  return callOf('MAP', args, { kind: 'MAP', key, value }, false, span)
}

/** Fields of a constructed row are called as in Flink. */
function makeRow(elements: readonly Expr[], span: Span): Expr {
  const fields = elements.map((part, i) => ({
    name: `EXPR$${i}`,
    type: part.type,
    nullable: part.nullable,
  }))
  return callOf('ROW', elements, { kind: 'ROW', fields }, false, span)
}

function makeItem(context: BinderContext, operand: Expr, index: Expr, span: Span): Expr {
  const { type } = operand
  if (type.kind === 'ARRAY') {
    if (!['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'].includes(index.type.kind))
      failArguments(
        context,
        `the index of an array is an integer, not ${typeText(index.type)}`,
        ['array[1]'],
        span,
      )
    // An index beyond the end gives NULL, whatever the elements are.
    return callOf('ITEM', [operand, castTo(context, index, { kind: 'INTEGER' })], type.element, true, span)
  }
  if (type.kind === 'MAP') {
    if (!isImplicitlyCastable(index.type, type.key))
      failArguments(
        context,
        `a key of this map is ${typeText(type.key)}, not ${typeText(index.type)}`,
        ["map['key']"],
        span,
      )
    return callOf('ITEM', [operand, castTo(context, index, type.key)], type.value, true, span)
  }
  if (type.kind === 'ROW' && index.kind === 'literal' && typeof index.value === 'number') {
    const field = type.fields[index.value - 1]
    if (field !== undefined)
      return callOf(
        'FIELD',
        [operand, literal(index.value - 1, { kind: 'INTEGER' }, index.span)],
        field.type,
        operand.nullable || field.nullable,
        span,
      )
  }
  return failArguments(
    context,
    `[...] takes an element out of an ARRAY or the value of a key out of a MAP, not out of ${typeText(type)}`,
    ['array[1]', "map['key']"],
    span,
  )
}

function bindJson(context: BinderContext, bind: Bind, json: JsonCall): Expr {
  const { name, span } = json
  const args = json.args.map(bind)
  const word = (value: string): Expr => textLiteral(value, span)
  const kindOf = (behavior: JsonBehavior | undefined, fallback: string): Expr =>
    word(behavior?.kind ?? fallback)
  const text = { kind: 'VARCHAR', length: 0x7fff_ffff } as const
  const returned = (of: 'JSON_VALUE' | 'JSON_QUERY'): SqlType => {
    if (json.returning === undefined) return text
    const type = resolveType(json.returning, context.diagnostics, context.dialect)
    const problem = jsonReturningProblem(of, type)
    return problem === undefined ? type : failArguments(context, problem, fn?.forms ?? [name], span)
  }
  // The types of the arguments, and a path that is a literal, are checked by the function.
  const fn = context.functions.scalar(name)
  if (fn !== undefined && /^JSON_(EXISTS|VALUE|QUERY)$/.test(name)) {
    const inferred = fn.infer(args.map(argumentType))
    if (typeof inferred === 'string') failArguments(context, inferred, fn.forms, span)
  }
  switch (name) {
    case 'JSON_EXISTS':
      return callOf(
        name,
        [...args, kindOf(json.onError, 'FALSE')],
        { kind: 'BOOLEAN' },
        args.some((arg) => arg.nullable) || json.onError?.kind === 'UNKNOWN',
        span,
      )
    case 'JSON_VALUE': {
      const type = returned(name)
      const otherwise = (behavior: JsonBehavior | undefined): readonly Expr[] => [
        kindOf(behavior, 'NULL'),
        behavior?.kind === 'DEFAULT'
          ? castTo(context, bind(behavior.value), type)
          : literal(null, type, span),
      ]
      return callOf(name, [...args, ...otherwise(json.onEmpty), ...otherwise(json.onError)], type, true, span)
    }
    case 'JSON_QUERY': {
      const type = returned(name)
      const rules = [
        word(json.wrapper ?? 'WITHOUT'),
        kindOf(json.onEmpty, 'NULL'),
        kindOf(json.onError, 'NULL'),
      ]
      return callOf(name, [...args, ...rules], type, true, span)
    }
    case 'JSON_OBJECT':
      return callOf(name, [word(json.onNull ?? 'NULL'), ...args], { ...text, json: true }, false, span)
    case 'JSON_ARRAY':
      return callOf(name, [word(json.onNull ?? 'ABSENT'), ...args], { ...text, json: true }, false, span)
    default:
      return context.diagnostics.fail(
        codes.misplacedAggregate,
        span,
        `${name} is an aggregate and cannot stand here. Compute it in a subquery with GROUP BY.`,
      )
  }
}

/** A call of a scalar or asynchronous function of the host. Its result may be NULL whatever its arguments are. */
export function hostCall(
  context: BinderContext,
  host: HostScalar | HostAsync,
  args: readonly Expr[],
  span: Span,
): Expr {
  const fitted = hostArguments(context, host, args, span)
  const call = callOf(host.name.toUpperCase(), fitted, host.returns, true, span)
  if (context.dialect === 'flink' || call.kind !== 'call') return call
  if (host.kind === 'scalar') return { ...call, host }
  return context.diagnostics.fail(
    codes.notSupported,
    span,
    `${host.name} is asynchronous, which only queries of the Flink dialect wait for. Call it in a function before the query.`,
  )
}

/** The arguments in the types of the parameters, or an error that shows the function's form. */
export function hostArguments(
  context: BinderContext,
  host: HostFunction,
  args: readonly Expr[],
  span: Span,
): readonly Expr[] {
  const { parameters, variadic } = host
  if (parameters === undefined) return args
  const shown = parameters.map(typeText)
  const form = `${host.name}(${shown.join(', ')}${variadic === true ? ', ...' : ''})`
  const least = variadic === true ? parameters.length - 1 : parameters.length
  if (args.length < least || (variadic !== true && args.length > least))
    failArguments(
      context,
      `${host.name} takes ${least}${variadic === true ? ' or more' : ''} arguments, not ${args.length}`,
      [form],
      span,
    )
  return args.map((arg, i) => {
    const type = parameters[Math.min(i, parameters.length - 1)]!
    if (!isImplicitlyCastable(arg.type, type) && !literalFits(arg, type))
      failArguments(
        context,
        `argument ${i + 1} of ${host.name} is ${typeText(type)}, and ${typeText(arg.type)} is not converted to it implicitly`,
        [form],
        arg.span,
      )
    return castTo(context, arg, type)
  })
}
