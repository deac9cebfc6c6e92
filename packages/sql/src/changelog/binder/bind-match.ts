/**
 * MATCH_RECOGNIZE (spec 3.8). The rows come sorted by a time attribute; what can never end, or match nothing, is refused.
 * Without AFTER MATCH the next match is looked for from the next row on.
 */
import { asCondition } from '../../binder/make-call.ts'
import type { Scope } from '../../binder/scope.ts'
import { codes } from '../../diagnostic/codes.ts'
import { didYouMean } from '../../diagnostic/spelling.ts'
import type { Expr } from '../../plan.ts'
import type { Span } from '../../span.ts'
import type { Expression, MatchSource } from '../../syntax/tree.ts'
import type { ChangelogNode, MatchNode, SortKey, TimeAttribute } from '../plan.ts'
import { requireAppend } from './append-only.ts'
import { bindFlinkExpression } from './bind-flink-expression.ts'
import { ComputedColumns } from './computed-columns.ts'
import type { BoundFrom, FlinkContext } from './context.ts'
import { MatchReferences } from './match-references.ts'
import { makeMatch, renamed } from './nodes.ts'
import { sortKey } from './sort-keys.ts'
import { bindLength, requireTimeAttribute } from './window-arguments.ts'

export function bindMatch(context: FlinkContext, source: MatchSource): BoundFrom {
  const from = context.bind.from(context, source.input)
  checkPattern(context, source)
  const columns = new ComputedColumns(from.node)
  const bind = (expression: Expression, clause: string): Expr =>
    bindFlinkExpression(context, { scope: from.scope, sink: undefined, clause }, expression)
  const partition = source.partitionBy.map((key) => columns.column(bind(key, 'PARTITION BY')))
  const order = source.orderBy.map((item) => sortKey(item, columns.column(bind(item.expression, 'ORDER BY'))))
  const input = columns.node
  const time = checkOrder(context, source, input, order)
  requireAppend(context, input, 'MATCH_RECOGNIZE', source.span)

  const references = new MatchReferences(context, input, from.scope, source.pattern, time)
  const define = source.define.map(({ variable, condition }) => ({
    variable: variable.name,
    condition: asCondition(
      context.base,
      references.bind(condition, 'DEFINE', variable.name),
      `the condition of ${variable.name}`,
    ),
  }))
  const measures = source.measures.map(({ expression }) => references.bind(expression, 'MEASURES', undefined))
  const node = makeMatch(
    {
      input,
      partition,
      time,
      order,
      pattern: source.pattern.map(({ variable, min, max, greedy }) => ({
        variable: variable.name,
        min,
        max,
        greedy,
      })),
      define,
      measures,
      references: references.list,
      skip: skipOf(context, source),
      within: source.within && bindLength(context, source.within, 'WITHIN'),
      span: source.span,
    },
    source.measures.map(({ alias }) => alias.name),
  )
  const result = aliased(context, node, source)
  return { node: result, scope: scopeOf(result, source) }
}

function checkOrder(
  context: FlinkContext,
  source: MatchSource,
  input: ChangelogNode,
  order: readonly SortKey[],
): TimeAttribute {
  const [first] = order
  const item = source.orderBy[0]
  if (first === undefined || item === undefined) {
    return context.base.diagnostics.fail(
      codes.badPattern,
      source.span,
      'MATCH_RECOGNIZE needs ORDER BY with a time attribute, so that it knows which row follows which.',
    )
  }
  const what = 'ORDER BY of MATCH_RECOGNIZE'
  const time = requireTimeAttribute(context, input, first.column, what, item.expression.span)
  if (!first.descending) return time
  return context.base.diagnostics.fail(
    codes.badPattern,
    item.span,
    'MATCH_RECOGNIZE goes forward in time. Write ORDER BY with the time attribute ascending.',
  )
}

function checkPattern(context: FlinkContext, source: MatchSource): void {
  const fail = (span: Span, message: string): never =>
    context.base.diagnostics.fail(codes.badPattern, span, message)
  const { pattern } = source
  const last = pattern.at(-1)
  if (pattern.every((each) => each.min === 0)) {
    fail(
      last === undefined ? source.span : { start: pattern[0]!.span.start, end: last.span.end },
      'the pattern can match without a row. Let one variable occur at least once, as in A+ or A{2}.',
    )
  }
  const names = new Set<string>()
  for (const each of pattern) {
    const { name } = each.variable
    if (names.has(name))
      fail(each.span, `the variable ${name} is in the pattern twice. Give each place its own name.`)
    names.add(name)
    if (each.max < each.min || each.max === 0)
      fail(each.span, `the quantifier of ${name} asks for at least ${each.min} and at most ${each.max} rows.`)
  }
  if (last?.greedy === true && last.max > last.min) {
    fail(
      last.span,
      `the greedy quantifier of the last variable ${last.variable.name} never knows that it is done. Make it reluctant, as in ${last.variable.name}*?, or add a variable that ends the match.`,
    )
  }
  const defined = new Set<string>()
  for (const { variable } of source.define) {
    if (!names.has(variable.name))
      fail(
        variable.span,
        `DEFINE names ${variable.name}, which is not in the pattern.${didYouMean(variable.name, [...names])}`,
      )
    if (defined.has(variable.name)) fail(variable.span, `DEFINE has two conditions for ${variable.name}.`)
    defined.add(variable.name)
  }
}

function skipOf(context: FlinkContext, source: MatchSource): MatchNode['skip'] {
  const { skip, pattern } = source
  if (skip === undefined) return { kind: 'to-next' }
  if (!('variable' in skip)) return { kind: skip.kind === 'TO NEXT ROW' ? 'to-next' : 'past-last' }
  const { variable } = skip
  const place = pattern.findIndex((each) => each.variable.name === variable.name)
  const fail = (message: string): never =>
    context.base.diagnostics.fail(codes.badPattern, variable.span, message)
  if (place < 0) fail(`AFTER MATCH names ${variable.name}, which is not in the pattern.`)
  if (place === 0 && (skip.kind === 'TO FIRST' || pattern[0]!.max === 1))
    fail(`skipping to ${variable.name} would find the same match again. Skip to a later variable or row.`)
  return { kind: skip.kind === 'TO FIRST' ? 'to-first' : 'to-last', variable: variable.name }
}

function aliased(context: FlinkContext, node: ChangelogNode, source: MatchSource): ChangelogNode {
  const { columns } = source
  if (columns === undefined) return node
  const { fields } = node.schema
  if (columns.length !== fields.length) {
    context.base.diagnostics.fail(
      codes.columnCount,
      source.span,
      `the alias names ${columns.length} columns, but MATCH_RECOGNIZE gives ${fields.length}.`,
    )
  }
  return renamed(
    node,
    columns.map((column) => column.name),
    source.span,
  )
}

function scopeOf(node: ChangelogNode, source: MatchSource): Scope {
  const { alias, span } = source
  const { fields } = node.schema
  return {
    sources: [{ name: alias?.name, fields, offset: 0, rowtime: undefined, span: alias?.span ?? span }],
    rowtime: undefined,
    merged: new Map(),
  }
}
