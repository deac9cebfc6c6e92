/** Makers of syntax nodes for translated programs. They have no place in the source text, so all share one empty span. */
import type { SqlType } from '@millrace/values'
import type {
  BinaryOperator,
  Expression,
  FromItem,
  FunctionCall,
  Identifier,
  NamedSource,
  Query,
  SelectItem,
  SelectQuery,
  TimeUnit,
  TypeName,
} from '../syntax/tree.ts'

export const nowhere = { start: 0, end: 0 }

export function id(name: string): Identifier {
  return { name, span: nowhere }
}

export function column(...parts: readonly (string | undefined)[]): Expression {
  const names = parts.filter((part) => part !== undefined)
  return { kind: 'name', parts: names.map(id), span: nowhere }
}

export function number(value: number | string): Expression {
  return { kind: 'number', text: String(value), span: nowhere }
}

export function text(value: string): Expression {
  return { kind: 'string', value, span: nowhere }
}

export function nothing(): Expression {
  return { kind: 'null', span: nowhere }
}

export function timestamp(value: string): Expression {
  return { kind: 'datetime', type: 'TIMESTAMP', value, span: nowhere }
}

export function call(
  name: string,
  args: FunctionCall['args'],
  more: Partial<Pick<FunctionCall, 'distinct' | 'over'>> = {},
): FunctionCall {
  return {
    kind: 'call',
    name: id(name),
    args,
    distinct: more.distinct ?? false,
    nulls: undefined,
    filter: undefined,
    over: more.over,
    span: nowhere,
  }
}

export function binary(op: BinaryOperator, left: Expression, right: Expression): Expression {
  return { kind: 'binary', op, left, right, span: nowhere }
}

/** The conditions joined by AND, with chains made flat as the parser makes them. */
export function and(conditions: readonly (Expression | undefined)[]): Expression | undefined {
  const operands = conditions.flatMap((each): readonly Expression[] =>
    each === undefined ? [] : each.kind === 'logic' && each.op === 'AND' ? each.operands : [each],
  )
  if (operands.length <= 1) return operands[0]
  return { kind: 'logic', op: 'AND', operands, span: nowhere }
}

export function not(operand: Expression): Expression {
  return { kind: 'unary', op: 'NOT', operand, span: nowhere }
}

export function isNull(operand: Expression): Expression {
  return { kind: 'is', operand, negated: false, test: 'NULL', other: undefined, span: nowhere }
}

export function choose(when: Expression, result: Expression, otherwise: Expression | undefined): Expression {
  return { kind: 'case', operand: undefined, branches: [{ when, result }], otherwise, span: nowhere }
}

export function cast(operand: Expression, type: TypeName): Expression {
  return { kind: 'cast', operand, type, span: nowhere }
}

export function typeName(name: string, ...parameters: readonly number[]): TypeName {
  return { name, parameters, span: nowhere }
}

export function floorTo(operand: Expression, unit: TimeUnit): Expression {
  return { kind: 'round-to-unit', fn: 'FLOOR', operand, unit, span: nowhere }
}

export function extract(unit: string, operand: Expression): Expression {
  return { kind: 'extract', unit, operand, span: nowhere }
}

const intervalUnits: readonly (readonly [TimeUnit, number])[] = [
  ['DAY', 86_400_000],
  ['HOUR', 3_600_000],
  ['MINUTE', 60_000],
]

/** A day-time interval whose leading field has at most two digits wherever one can be found, as Flink asks. */
export function interval(ms: number): Expression {
  const negative = ms < 0
  const size = Math.abs(ms)
  const make = (value: string, from: TimeUnit, to?: TimeUnit): Expression => ({
    kind: 'interval',
    negative,
    value,
    units: { from, to },
    span: nowhere,
  })
  for (const [unit, length] of intervalUnits)
    if (size >= length && size % length === 0 && size / length <= 99) return make(String(size / length), unit)
  if (size < 100_000) return make(String(size / 1000), 'SECOND')
  const pad = (value: number, width = 2): string => String(value).padStart(width, '0')
  const [days, rest] = [Math.floor(size / 86_400_000), size % 86_400_000]
  const clock = `${pad(Math.floor(rest / 3_600_000))}:${pad(Math.floor(rest / 60_000) % 60)}:${pad(Math.floor(rest / 1000) % 60)}`
  const fraction = size % 1000 === 0 ? '' : `.${pad(size % 1000, 3)}`
  return make(`${days} ${clock}${fraction}`, 'DAY', 'SECOND')
}

/** time + ms; the time itself for 0. */
export function plusMs(time: Expression, ms: number): Expression {
  return ms === 0 ? time : binary(ms < 0 ? '-' : '+', time, interval(Math.abs(ms)))
}

/** The Flink name of a type of the KDA dialect. */
export function flinkType(type: SqlType): TypeName {
  switch (type.kind) {
    case 'INTEGER':
      return typeName('INT')
    case 'REAL':
      return typeName('FLOAT')
    case 'DECIMAL':
      return typeName('DECIMAL', type.precision, type.scale)
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
      return typeName(type.kind, type.length)
    case 'TIME':
    case 'TIMESTAMP':
      return typeName(type.kind, 3)
    case 'NULL':
      return typeName('STRING')
    default:
      return typeName(type.kind)
  }
}

/** A column that is called so anyway needs no alias. */
export function item(expression: Expression, alias: string): SelectItem {
  const same = expression.kind === 'name' && expression.parts.at(-1)!.name === alias
  return { kind: 'item', expression, alias: same ? undefined : id(alias), span: nowhere }
}

export function named(
  name: string,
  alias: string | undefined,
  more: Pick<Partial<NamedSource>, 'asOf'> = {},
): NamedSource {
  return {
    kind: 'named',
    name: [id(name)],
    over: undefined,
    alias: alias === undefined ? undefined : id(alias),
    columns: undefined,
    ...more,
    span: nowhere,
  }
}

export function derived(query: Query, alias: string | undefined): FromItem {
  return {
    kind: 'derived',
    query,
    over: undefined,
    alias: alias === undefined ? undefined : id(alias),
    columns: undefined,
    span: nowhere,
  }
}

export function select(parts: Pick<SelectQuery, 'items' | 'from'> & Partial<SelectQuery>): SelectQuery {
  return {
    kind: 'select',
    stream: false,
    distinct: false,
    where: undefined,
    groupBy: undefined,
    stagger: undefined,
    having: undefined,
    windows: [],
    orderBy: [],
    within: undefined,
    span: nowhere,
    ...parts,
  }
}

export function unionAll(branches: readonly Query[]): Query {
  const [first] = branches
  if (first !== undefined && branches.length === 1) return first
  return { kind: 'set', op: 'UNION', all: true, branches, span: nowhere }
}

/** TABLE(TUMBLE(TABLE t, DESCRIPTOR(time), size [, offset])) AS alias */
export function tumble(
  table: string,
  time: string,
  size: number,
  offset: number,
  alias: string | undefined,
): FromItem {
  const args: Expression[] = [
    {
      kind: 'table-argument',
      source: { kind: 'qualified', parts: [id(table)], span: nowhere },
      partitionBy: [],
      orderBy: [],
      span: nowhere,
    },
    { kind: 'descriptor', columns: [id(time)], span: nowhere },
    interval(size),
  ]
  if (offset !== 0) args.push(interval(offset))
  return {
    kind: 'function',
    call: call('TUMBLE', args),
    over: undefined,
    alias: alias === undefined ? undefined : id(alias),
    columns: undefined,
    span: nowhere,
  }
}
