/**
 * Expressions of the tree to typed expressions over one row. Functions with their own syntax become plain calls as listed
 * in functions/index.ts. Aggregates and OVER calls are handed to the sink of the clause at hand, which says what stands
 * for them; clauses without a sink refuse them.
 */
import { codes } from '../diagnostic/codes.ts'
import { sizeOf, substitute } from '../expression/expr-tools.ts'
import { castProblem, isIdentityCast, typeText } from '../functions/index.ts'
import type { Expr } from '../plan.ts'
import type { Span } from '../span.ts'
import type { Expression, FunctionCall, JsonCall } from '../syntax/tree.ts'
import { bindFlinkForm, hostCall, isFlinkAggregate } from './bind-flink-forms.ts'
import {
  charLiteral,
  datetimeLiteral,
  intervalLiteral,
  literal,
  numberLiteral,
  textLiteral,
} from './bind-literal.ts'
import { castInterval } from './cast-interval.ts'
import type { BinderContext, UserFunction } from './context.ts'
import { asCondition, castTo, conversionProblem, failArguments, makeCall } from './make-call.ts'
import { resolveType } from './resolve-type.ts'
import { resolveFields, resolveName, type Scope } from './scope.ts'

export interface AggregateSink {
  /** What stands for an aggregate over the rows of a group, or over a window. */
  aggregate(call: FunctionCall): Expr
}

export interface ExpressionScope {
  readonly scope: Scope
  readonly sink: AggregateSink | undefined
  /** The clause, for messages: 'WHERE', 'ON', ... */
  readonly clause: string
  /** Asked first at every part: what stands for it instead, or undefined to bind it in the ordinary way. */
  readonly replace?: (expression: Expression) => Expr | undefined
}

/** Nodes that inlining user functions may grow an expression to. */
const inlinedSizeMax = 2000

const notSupportedFunctions: ReadonlyMap<string, string> = new Map([
  ['LEAD', 'Streams look back only: use LAG'],
  ['RANK', 'Compare with MAX or MIN over a window'],
  ['ROW_NUMBER', 'Count rows with COUNT(*) over a window'],
  ...[
    'REGEX_LOG_PARSE',
    'FAST_REGEX_LOG_PARSE',
    'FAST_REGEX_LOG_PARSER',
    'W3C_LOG_PARSE',
    'SYS_LOG_PARSE',
    'VARIABLE_COLUMN_LOG_PARSE',
    'FIXED_COLUMN_LOG_PARSE',
  ].map(
    (name) =>
      [
        name,
        'Its result is a row: make it an item of a subquery, AS t(r), and read t.r.COLUMN1 outside',
      ] as const,
  ),
])

export function bindExpression(context: BinderContext, env: ExpressionScope, expression: Expression): Expr {
  const bind = (part: Expression): Expr => bindExpression(context, env, part)
  const call = (name: string, ...args: Expr[]): Expr => makeCall(context, name, args, expression.span)
  const negate = (negated: boolean, expr: Expr): Expr => (negated ? call('NOT', expr) : expr)
  const { span } = expression
  const replaced = env.replace?.(expression)
  if (replaced !== undefined) return replaced
  switch (expression.kind) {
    case 'number':
      return numberLiteral(expression.text, false, span, context.diagnostics, context.dialect)
    case 'string':
      return context.dialect === 'flink'
        ? charLiteral(expression.value, span)
        : textLiteral(expression.value, span)
    case 'bytes': {
      const bytes = new Uint8Array(expression.hex.length >> 1)
      for (let i = 0; i < bytes.length; i++)
        bytes[i] = Number.parseInt(expression.hex.slice(2 * i, 2 * i + 2), 16)
      return literal(bytes, { kind: 'VARBINARY', length: Math.max(1, bytes.length) }, span)
    }
    case 'boolean':
      return literal(expression.value, { kind: 'BOOLEAN' }, span)
    case 'null':
      return literal(null, { kind: 'NULL' }, span)
    case 'datetime':
      return datetimeLiteral(expression, context.diagnostics, context.dialect)
    case 'interval':
      return intervalLiteral(expression, context.diagnostics)
    case 'name':
      return resolveName(env.scope, expression.parts, span, context.diagnostics, context.dialect)
    case 'field':
      return resolveFields(bind(expression.operand), [expression.name], context.diagnostics)
    case 'unary':
      return bindUnary(context, env, expression)
    case 'binary':
      return bindBinary(context, env, expression)
    case 'logic':
      return call(
        expression.op,
        ...expression.operands.map((operand) =>
          asCondition(context, bind(operand), `an operand of ${expression.op}`),
        ),
      )
    case 'is':
      if (expression.other !== undefined)
        return call(
          expression.negated ? 'IS NOT DISTINCT FROM' : 'IS DISTINCT FROM',
          bind(expression.operand),
          bind(expression.other),
        )
      return call(`IS ${expression.negated ? 'NOT ' : ''}${expression.test}`, bind(expression.operand))
    case 'between': {
      const [operand, low, high] = [bind(expression.operand), bind(expression.low), bind(expression.high)]
      const between = call('BETWEEN', operand, low, high)
      return negate(
        expression.negated,
        expression.symmetric ? call('OR', between, call('BETWEEN', operand, high, low)) : between,
      )
    }
    case 'in': {
      const { choices } = expression
      if (!('length' in choices)) return failSubquery(context, choices.span, 'IN (SELECT ...)')
      return negate(expression.negated, call('IN', bind(expression.operand), ...choices.map(bind)))
    }
    case 'like': {
      const escapeCharacter = expression.escape === undefined ? [] : [bind(expression.escape)]
      return negate(
        expression.negated,
        call(expression.op, bind(expression.operand), bind(expression.pattern), ...escapeCharacter),
      )
    }
    case 'case': {
      const operand = expression.operand === undefined ? undefined : bind(expression.operand)
      const args = expression.branches.flatMap(({ when, result }) => {
        const condition =
          operand === undefined ? bind(when) : makeCall(context, '=', [operand, bind(when)], when.span)
        return [asCondition(context, condition, 'a WHEN condition'), bind(result)]
      })
      const otherwise =
        expression.otherwise === undefined
          ? literal(null, { kind: 'NULL' }, span)
          : bind(expression.otherwise)
      return call('CASE', ...args, otherwise)
    }
    case 'cast': {
      const type = resolveType(expression.type, context.diagnostics, context.dialect)
      const operand = bind(expression.operand)
      if (operand.kind === 'literal' && operand.value === null) return literal(null, type, span)
      const ofInterval =
        context.dialect === 'kda' ? castInterval(context, expression, operand, type) : undefined
      if (ofInterval !== undefined) return ofInterval
      const problem = conversionProblem(context, operand.type, type)
      if (problem !== undefined) return context.diagnostics.fail(codes.badCast, span, `${problem}.`)
      const tries = expression.tries === true
      return {
        kind: 'call',
        fn: tries ? 'TRY_CAST' : 'CAST',
        args: [operand],
        type,
        nullable: tries || operand.nullable,
        span,
      }
    }
    case 'call':
      return bindCall(context, env, expression)
    case 'round-to-unit':
      return call(`${expression.fn}_TIME`, bind(expression.operand), textLiteral(expression.unit, span))
    case 'step': {
      const [operand, size] = [bind(expression.operand), bind(expression.size)]
      const isInterval = size.type.kind === 'INTERVAL_DAY' || size.type.kind === 'INTERVAL_MONTH'
      return call(isInterval ? 'STEP_TIME' : 'STEP', operand, size)
    }
    case 'extract':
      return call('EXTRACT', textLiteral(expression.unit, span), bind(expression.operand))
    case 'substring': {
      const args = [bind(expression.operand), bind(expression.from)]
      if (expression.length !== undefined) args.push(bind(expression.length))
      if (expression.escape !== undefined) args.push(bind(expression.escape))
      return call(`SUBSTRING_${expression.form}`, ...args)
    }
    case 'trim': {
      const character =
        expression.character === undefined ? textLiteral(' ', span) : bind(expression.character)
      return call('TRIM', textLiteral(expression.where, span), character, bind(expression.operand))
    }
    case 'position':
      return call('POSITION', bind(expression.needle), bind(expression.haystack))
    case 'overlay': {
      const length = expression.length === undefined ? [] : [bind(expression.length)]
      return call(
        'OVERLAY',
        bind(expression.operand),
        bind(expression.placing),
        bind(expression.from),
        ...length,
      )
    }
    case 'temporal-difference':
      return call(
        'TEMPORAL_DIFF',
        bind(expression.left),
        bind(expression.right),
        textLiteral(expression.units.to ?? expression.units.from, span),
      )
    case 'subquery':
      return failSubquery(
        context,
        span,
        expression.form === 'VALUE' ? 'a subquery as a value' : `${expression.form} (SELECT ...)`,
      )
    case 'json':
      // Those over many rows belong to the sink, as plain aggregates do.
      if (expression.name.endsWith('AGG')) return bindJsonAggregate(context, env, expression)
      return bindFlinkForm(context, bind, expression) ?? failForm(context, expression)
    default:
      return bindFlinkForm(context, bind, expression) ?? failForm(context, expression)
  }
}

function failForm(context: BinderContext, expression: Expression): never {
  return context.diagnostics.fail(
    codes.notSupported,
    expression.span,
    `this form (${expression.kind}) has no meaning in ${context.dialect === 'kda' ? 'KDA' : 'Flink'} SQL here.`,
  )
}

function bindJsonAggregate(context: BinderContext, env: ExpressionScope, json: JsonCall): Expr {
  if (env.sink === undefined) {
    return context.diagnostics.fail(
      codes.misplacedAggregate,
      json.span,
      `${json.name} cannot stand in ${env.clause}. Compute it in a subquery, and use its result here.`,
    )
  }
  const absent = (json.onNull ?? (json.name === 'JSON_ARRAYAGG' ? 'ABSENT' : 'NULL')) === 'ABSENT'
  return env.sink.aggregate({
    kind: 'call',
    name: { name: `${json.name}${absent ? ' ABSENT' : ''}`, span: json.span },
    args: json.args,
    distinct: json.distinct,
    nulls: undefined,
    filter: json.filter,
    over: undefined,
    span: json.span,
  })
}

function failSubquery(context: BinderContext, span: Span, what: string): never {
  return context.diagnostics.fail(
    codes.notSupported,
    span,
    `${what} is not supported. Join with the stream or the reference table instead.`,
  )
}

function bindUnary(
  context: BinderContext,
  env: ExpressionScope,
  expression: Extract<Expression, { kind: 'unary' }>,
): Expr {
  const { op, operand, span } = expression
  // -2147483648 is an INTEGER although 2147483648 is not, so the sign is read with the digits.
  if (operand.kind === 'number' && op !== 'NOT')
    return numberLiteral(operand.text, op === '-', span, context.diagnostics, context.dialect)
  const bound = bindExpression(context, env, operand)
  if (op === '+') return bound
  return op === 'NOT'
    ? makeCall(context, 'NOT', [asCondition(context, bound, 'the operand of NOT')], span)
    : makeCall(context, 'NEGATE', [bound], span)
}

/** Chains such as a + b + c lean to the left; they are bound in a loop, so that their length costs no stack. */
function bindBinary(
  context: BinderContext,
  env: ExpressionScope,
  expression: Extract<Expression, { kind: 'binary' }>,
): Expr {
  const chain: (typeof expression)[] = []
  let leftmost: Expression = expression
  while (leftmost.kind === 'binary') {
    chain.push(leftmost)
    leftmost = leftmost.left
  }
  let bound = bindExpression(context, env, leftmost)
  for (const link of chain.reverse()) {
    const right = bindExpression(context, env, link.right)
    const datetimes = ['DATE', 'TIME', 'TIMESTAMP', 'TIMESTAMP_LTZ']
    if (link.op === '-' && datetimes.includes(bound.type.kind) && datetimes.includes(right.type.kind)) {
      context.diagnostics.fail(
        codes.badArguments,
        link.span,
        context.dialect === 'flink'
          ? 'a difference of two times needs its unit. Write TIMESTAMPDIFF(SECOND, b, a).'
          : 'a difference of two times needs its unit. Write (a - b) SECOND, (a - b) DAY TO SECOND, or TSDIFF(a, b) for milliseconds.',
      )
    }
    bound = makeCall(context, link.op === '%' ? 'MOD' : link.op, [bound, right], link.span)
  }
  return bound
}

function bindCall(context: BinderContext, env: ExpressionScope, call: FunctionCall): Expr {
  const flink = context.dialect === 'flink'
  const name = flink ? call.name.name.toUpperCase() : call.name.name
  const scalar = context.functions.scalar(name)
  const isAggregate = flink
    ? isFlinkAggregate(context, name) || call.over !== undefined
    : context.functions.aggregate(name) !== undefined
  if (scalar === undefined && isAggregate) {
    if (env.sink === undefined) {
      return context.diagnostics.fail(
        codes.misplacedAggregate,
        call.span,
        `${name} cannot stand in ${env.clause}. Compute it in a subquery${flink ? '' : ' or another stream'}, and use its result here.`,
      )
    }
    return env.sink.aggregate(call)
  }
  const advice = flink ? undefined : notSupportedFunctions.get(name)
  if (advice !== undefined)
    return context.diagnostics.fail(codes.notSupported, call.span, `${name} is not supported. ${advice}.`)
  const extra =
    call.over !== undefined
      ? 'OVER'
      : call.filter !== undefined
        ? 'FILTER'
        : call.nulls !== undefined
          ? `${call.nulls} NULLS`
          : call.distinct
            ? 'DISTINCT'
            : call.args === 'star'
              ? '*'
              : undefined
  const args =
    call.args === 'none' || call.args === 'star'
      ? []
      : call.args.map((arg) => bindExpression(context, env, arg))
  const overloads = context.userFunctions.get(name)
  const host = scalar === undefined ? context.hosts?.get(name.toUpperCase()) : undefined
  if (host?.kind === 'table') {
    return context.diagnostics.fail(
      codes.badArguments,
      call.span,
      `${host.name} gives a table and cannot stand in ${env.clause}. Write FROM t, LATERAL TABLE(${call.name.name}(...)).`,
    )
  }
  if (extra !== undefined && (scalar ?? overloads ?? host) !== undefined) {
    return context.diagnostics.fail(
      codes.badArguments,
      call.span,
      `${name} is no aggregate, so it takes no ${extra}. Write ${scalar?.forms.join(' or ') ?? `${name}(...)`}.`,
    )
  }
  if (host?.kind === 'scalar' || host?.kind === 'async') return hostCall(context, host, args, call.span)
  if (overloads !== undefined) return inlineUserFunction(context, overloads, args, call)
  return makeCall(context, name, args, call.span)
}

/** Puts the arguments into the body. There are no implicit casts at the call beyond what changes no value (spec 2.1). */
function inlineUserFunction(
  context: BinderContext,
  overloads: readonly UserFunction[],
  args: readonly Expr[],
  call: FunctionCall,
): Expr {
  const fits = (fn: UserFunction): boolean =>
    fn.parameters.length === args.length &&
    fn.parameters.every(
      ({ type }, i) =>
        args[i]!.type.kind === 'NULL' ||
        isIdentityCast(args[i]!.type, type) ||
        (args[i]!.kind === 'literal' &&
          args[i]!.type.kind !== type.kind &&
          castProblem('ASSIGN', args[i]!.type, type) === undefined),
    )
  const fn = overloads.find(fits)
  if (fn === undefined) {
    const forms = overloads.map(
      (each) => `${each.name}(${each.parameters.map(({ type }) => typeText(type)).join(', ')})`,
    )
    return failArguments(
      context,
      `${call.name.name} has no form for (${args.map((arg) => typeText(arg.type)).join(', ')}); arguments are not cast implicitly`,
      forms,
      call.span,
    )
  }
  const typed = args.map((arg, i) => castTo(context, arg, fn.parameters[i]!.type))
  const grown =
    typed.reduce((size, arg) => size + sizeOf(arg, inlinedSizeMax), 0) * sizeOf(fn.body, inlinedSizeMax)
  if (grown > inlinedSizeMax) {
    return context.diagnostics.fail(
      codes.nestingTooDeep,
      call.span,
      `calls of ${fn.name} inside each other grow too large when they are put in place. Compute the inner ones in a subquery.`,
    )
  }
  const body = { ...substitute(fn.body, typed), span: call.span }
  if (!fn.nullOnNull || typed.length === 0) return body
  const nulls = typed.map((arg) => makeCall(context, 'IS NULL', [arg], call.span))
  const anyNull = nulls.length === 1 ? nulls[0]! : makeCall(context, 'OR', nulls, call.span)
  return makeCall(context, 'CASE', [anyNull, literal(null, fn.returns, call.span), body], call.span)
}
