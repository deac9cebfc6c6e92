/**
 * Window table functions TUMBLE, HOP, CUMULATE and SESSION (spec 3.5): FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), size)),
 * FROM TUMBLE(...), with arguments in order or by name.
 */
import { codes } from '../../diagnostic/codes.ts'
import { didYouMean } from '../../diagnostic/spelling.ts'
import type { Expression, FunctionSource, TableArgument } from '../../syntax/tree.ts'
import type { ChangelogNode, TimeAttribute, WindowSpec } from '../plan.ts'
import { bindFlinkExpression } from './bind-flink-expression.ts'
import { ComputedColumns } from './computed-columns.ts'
import type { BindQuery, BoundFrom, FlinkContext } from './context.ts'
import { makeWindowAssign, renamed } from './nodes.ts'
import { bindLength, checkMultiple, requireTimeAttribute, windowZone } from './window-arguments.ts'

/** Names of the arguments in their order; those from `optional` on may be missing. */
const signatures = {
  TUMBLE: { names: ['DATA', 'TIMECOL', 'SIZE', 'OFFSET'], optional: 3 },
  HOP: { names: ['DATA', 'TIMECOL', 'SLIDE', 'SIZE', 'OFFSET'], optional: 4 },
  CUMULATE: { names: ['DATA', 'TIMECOL', 'STEP', 'SIZE', 'OFFSET'], optional: 4 },
  SESSION: { names: ['DATA', 'TIMECOL', 'GAP'], optional: 3 },
} as const
type WindowFunctionName = keyof typeof signatures

/** undefined: the call is no window function. */
export function bindWindowFunction(
  context: FlinkContext,
  source: FunctionSource,
  bindQuery: BindQuery,
): BoundFrom | undefined {
  const { call } = source
  const name = call.name.name.toUpperCase()
  if (!isWindowFunction(name)) return undefined
  const args = namedArguments(context, name, source)
  const given = args.get('DATA')
  const data = given && tableOf(given)
  if (data === undefined) {
    return context.base.diagnostics.fail(
      codes.badWindow,
      given?.span ?? call.span,
      `${name} takes a table as its first argument. Write ${formOf(name)}.`,
    )
  }
  const input = bindTable(context, data, bindQuery)
  const time = bindTimeColumn(context, name, input.node, args.get('TIMECOL'), source)
  const columns = new ComputedColumns(input.node)
  const partition = data.partitionBy.map((key) =>
    columns.column(
      bindFlinkExpression(context, { scope: input.scope, sink: undefined, clause: 'PARTITION BY' }, key),
    ),
  )
  if (name !== 'SESSION' && data.partitionBy.length > 0) {
    context.base.diagnostics.fail(
      codes.badWindow,
      data.partitionBy[0]!.span,
      `only SESSION takes PARTITION BY; windows of ${name} are the same for all keys. Group by the key instead.`,
    )
  }
  if (data.orderBy.length > 0) {
    context.base.diagnostics.fail(
      codes.badWindow,
      data.orderBy[0]!.span,
      `${name} takes no ORDER BY: windows go by the time attribute. Leave it out.`,
    )
  }
  const node = columns.node
  checkNames(context, name, node, source)
  const window = windowOf(context, name, args, time, windowZone(context, node, time), partition)
  const assigned = makeWindowAssign({ input: node, window, span: source.span })
  return withScope(context, assigned, source)
}

function isWindowFunction(name: string): name is WindowFunctionName {
  return Object.hasOwn(signatures, name)
}

function formOf(name: WindowFunctionName): string {
  const { names, optional } = signatures[name]
  const rest = names
    .slice(2)
    .map((each, i) => (i + 2 >= optional ? `[, ${each.toLowerCase()}]` : `, ${each.toLowerCase()}`))
  return `${name}(TABLE t, DESCRIPTOR(time)${rest.join('')})`
}

function namedArguments(
  context: FlinkContext,
  name: WindowFunctionName,
  source: FunctionSource,
): ReadonlyMap<string, Expression> {
  const { diagnostics } = context.base
  const { call } = source
  const { names, optional } = signatures[name]
  const given = typeof call.args === 'string' ? [] : call.args
  const args = new Map<string, Expression>()
  for (const [i, arg] of given.entries()) {
    const key = arg.kind === 'named-argument' ? arg.name.name.toUpperCase() : names[i]
    if (key === undefined) {
      diagnostics.fail(codes.badWindow, arg.span, `${name} has too many arguments. Write ${formOf(name)}.`)
    } else if (!names.some((each) => each === key)) {
      diagnostics.fail(
        codes.badWindow,
        arg.span,
        `${name} has no argument ${key}.${didYouMean(key, names)} Allowed: ${names.join(', ')}.`,
      )
    } else if (args.has(key)) {
      diagnostics.fail(codes.badWindow, arg.span, `the argument ${key} of ${name} is given twice.`)
    } else args.set(key, arg.kind === 'named-argument' ? arg.value : arg)
  }
  const missing = names.slice(0, optional).find((each) => !args.has(each))
  if (missing !== undefined) {
    diagnostics.fail(
      codes.badWindow,
      call.span,
      `${name} lacks its argument ${missing}. Write ${formOf(name)}.`,
    )
  }
  return args
}

/** TABLE t, TABLE (query), and a query in parentheses. */
function tableOf(expression: Expression): TableArgument | undefined {
  if (expression.kind === 'table-argument') return expression
  if (expression.kind !== 'subquery' || expression.form !== 'VALUE') return undefined
  const { query: source, span } = expression
  return { kind: 'table-argument', source, partitionBy: [], orderBy: [], span }
}

function bindTable(context: FlinkContext, table: TableArgument, bindQuery: BindQuery): BoundFrom {
  if (table.source.kind === 'qualified') {
    return context.bind.from(context, {
      kind: 'named',
      name: table.source.parts,
      over: undefined,
      alias: undefined,
      columns: undefined,
      span: table.source.span,
    })
  }
  const node = bindQuery(context, table.source)
  const { fields } = node.schema
  return {
    node,
    scope: {
      sources: [{ name: undefined, fields, offset: 0, rowtime: undefined, span: table.span }],
      rowtime: undefined,
      merged: new Map(),
    },
  }
}

function bindTimeColumn(
  context: FlinkContext,
  name: WindowFunctionName,
  node: ChangelogNode,
  descriptor: Expression | undefined,
  source: FunctionSource,
): TimeAttribute {
  const { diagnostics } = context.base
  if (descriptor?.kind !== 'descriptor' || descriptor.columns.length !== 1) {
    return diagnostics.fail(
      codes.badWindow,
      descriptor?.span ?? source.span,
      `${name} takes its time as DESCRIPTOR(column) with one column. Write ${formOf(name)}.`,
    )
  }
  const column = descriptor.columns[0]!
  const { fields } = node.schema
  const index = fields.findIndex((field) => field.name === column.name)
  if (index < 0) {
    const names = fields.map((field) => field.name)
    return diagnostics.fail(
      codes.unknownColumn,
      column.span,
      `the table has no column "${column.name}".${didYouMean(column.name, names)} Columns: ${names.join(', ')}.`,
    )
  }
  return requireTimeAttribute(context, node, index, name, column.span)
}

function windowOf(
  context: FlinkContext,
  name: WindowFunctionName,
  args: ReadonlyMap<string, Expression>,
  time: TimeAttribute,
  zone: string | undefined,
  partition: readonly number[],
): WindowSpec {
  const length = (key: string): number =>
    bindLength(context, args.get(key)!, `the ${key.toLowerCase()} of ${name}`) // Present: not optional.
  const given = args.get('OFFSET')
  const offset =
    given === undefined ? 0 : bindLength(context, given, `the offset of ${name}`, Number.NEGATIVE_INFINITY)
  switch (name) {
    case 'TUMBLE':
      return { kind: 'tumble', time, zone, size: length('SIZE'), offset }
    case 'HOP': {
      const [slide, size] = [length('SLIDE'), length('SIZE')]
      checkMultiple(context, name, slide, size, args.get('SIZE')!.span)
      return { kind: 'hop', time, zone, slide, size, offset }
    }
    case 'CUMULATE': {
      const [step, size] = [length('STEP'), length('SIZE')]
      checkMultiple(context, name, step, size, args.get('SIZE')!.span)
      return { kind: 'cumulate', time, zone, step, size, offset }
    }
    case 'SESSION':
      return { kind: 'session', time, zone, gap: length('GAP'), partition }
  }
}

function checkNames(
  context: FlinkContext,
  name: WindowFunctionName,
  node: ChangelogNode,
  source: FunctionSource,
): void {
  const clash = node.schema.fields.find((field) =>
    ['window_start', 'window_end', 'window_time'].includes(field.name),
  )
  if (clash === undefined) return
  context.base.diagnostics.fail(
    codes.duplicateName,
    source.span,
    `the table already has a column "${clash.name}", which ${name} adds as well. Select the table's own one under another name, such as ${clash.name} AS inner_${clash.name}.`,
  )
}

function withScope(context: FlinkContext, node: ChangelogNode, source: FunctionSource): BoundFrom {
  const { columns } = source
  const { fields } = node.schema
  if (columns !== undefined && columns.length !== fields.length) {
    context.base.diagnostics.fail(
      codes.columnCount,
      source.span,
      `the alias names ${columns.length} columns, but the window function gives ${fields.length}: ${fields.map((field) => field.name).join(', ')}.`,
    )
  }
  const named =
    columns === undefined
      ? node
      : renamed(
          node,
          columns.map((column) => column.name),
          source.span,
        )
  return {
    node: named,
    scope: {
      sources: [
        {
          name: source.alias?.name,
          fields: named.schema.fields,
          offset: 0,
          rowtime: undefined,
          span: source.alias?.span ?? source.span,
        },
      ],
      rowtime: undefined,
      merged: new Map(),
    },
  }
}
