/**
 * Factories of plan nodes: each takes what the node does, and adds schema and traits. `withInputs` and `remake` do the same
 * for a node whose parts were changed, so that traits are never stale.
 */
import type { Field, Schema, SqlType } from '@millrace/values'
import type { Expr } from '../../plan.ts'
import type { Span } from '../../span.ts'
import type {
  AggregateCall,
  AggregateNode,
  AsyncProjectNode,
  ChangelogNode,
  CorrelateNode,
  DedupNode,
  ExpandNode,
  FilterNode,
  IntervalJoinNode,
  JoinNode,
  LimitNode,
  LookupJoinNode,
  MatchNode,
  NormalizeNode,
  OverNode,
  ProjectNode,
  RankNode,
  SetOperationNode,
  SortNode,
  SourceNode,
  TemporalJoinNode,
  Traits,
  UnionNode,
  ValuesNode,
  WatermarkNode,
  WindowAggregateNode,
  WindowAssignNode,
  WindowJoinNode,
  WindowRankNode,
} from '../plan.ts'
import { deriveTraits, type WithoutTraits } from './traits.ts'

/** What a node does, without what can be derived. */
export type Parts<N extends ChangelogNode> = Omit<N, 'kind' | 'schema' | 'traits'>

const bigint: SqlType = { kind: 'BIGINT' }
const windowTimestamp: SqlType = { kind: 'TIMESTAMP', precision: 3 }

/** `changes` and `keys`: what the connector and the primary key promise. */
export function makeSource(
  table: string,
  schema: Schema,
  promise: Pick<Traits, 'changes' | 'keys'>,
  span: Span,
): SourceNode {
  return { kind: 'source', table, schema, traits: { ...promise, times: [], window: undefined }, span }
}

export function makeWatermark(parts: Parts<WatermarkNode>): WatermarkNode {
  return finish({ kind: 'watermark', ...parts, schema: parts.input.schema })
}

export function makeNormalize(parts: Parts<NormalizeNode>): NormalizeNode {
  return finish({ kind: 'normalize', ...parts, schema: parts.input.schema })
}

export function makeValues(
  rows: readonly (readonly Expr[])[],
  fields: readonly Field[],
  span: Span,
): ValuesNode {
  return finish({ kind: 'values', rows, schema: { fields }, span })
}

export function makeFilter(input: ChangelogNode, predicate: Expr, span: Span): FilterNode {
  return finish({ kind: 'filter', input, predicate, schema: input.schema, span })
}

/** `names`: one for each expression. */
export function makeProject(
  input: ChangelogNode,
  exprs: readonly Expr[],
  names: readonly string[],
  span: Span,
): ProjectNode {
  const fields = exprs.map((expr, i): Field => {
    const name = names[i] ?? `EXPR$${i}`
    return { name, type: expr.type, nullable: expr.nullable }
  })
  return finish({ kind: 'project', input, exprs, schema: { fields }, span })
}

export function makeAsyncProject(parts: Parts<AsyncProjectNode>, name = parts.fn): AsyncProjectNode {
  const field: Field = { name, type: parts.type, nullable: true }
  return finish({ kind: 'async-project', ...parts, schema: append(parts.input, [field]) })
}

/** The inputs have equal types; a column is nullable if it is in one of them. */
export function makeUnion(inputs: readonly ChangelogNode[], span: Span): UnionNode {
  const fields = (inputs[0]?.schema.fields ?? []).map(
    (field, i): Field => ({
      ...field,
      nullable: inputs.some((input) => input.schema.fields[i]?.nullable ?? true),
    }),
  )
  return finish({ kind: 'union', inputs, schema: { fields }, span })
}

export function makeExpand(parts: Parts<ExpandNode>): ExpandNode {
  const fields = parts.input.schema.fields.map(
    (field, i): Field =>
      parts.keys.includes(i) && parts.sets.some((set) => !set.includes(i))
        ? { ...field, nullable: true }
        : field,
  )
  const id: Field = { name: 'GROUPING_ID', type: bigint, nullable: false }
  return finish({ kind: 'expand', ...parts, schema: { fields: [...fields, id] } })
}

export function makeAggregate(parts: Parts<AggregateNode>): AggregateNode {
  const fields = [...pick(parts.input, parts.keys), ...callFields(parts.calls)]
  return finish({ kind: 'aggregate', ...parts, schema: { fields } })
}

export function makeWindowAssign(parts: Parts<WindowAssignNode>): WindowAssignNode {
  const time = parts.input.schema.fields[parts.window.time.column]
  const fields: Field[] = [
    { name: 'window_start', type: windowTimestamp, nullable: false },
    { name: 'window_end', type: windowTimestamp, nullable: false },
    { name: 'window_time', type: time?.type ?? windowTimestamp, nullable: false },
  ]
  return finish({ kind: 'window-assign', ...parts, schema: append(parts.input, fields) })
}

export function makeWindowAggregate(parts: Parts<WindowAggregateNode>): WindowAggregateNode {
  const { window, input } = parts
  const time = input.schema.fields[window.time.column]?.type ?? windowTimestamp
  const properties = parts.properties.map(
    (property): Field => ({
      name: property === 'start' || property === 'end' ? `window_${property}` : 'window_time',
      type: property === 'start' || property === 'end' ? windowTimestamp : time,
      nullable: false,
    }),
  )
  const fields = [...pick(input, parts.keys), ...callFields(parts.calls), ...properties]
  return finish({ kind: 'window-aggregate', ...parts, schema: { fields } })
}

export function makeOver(parts: Parts<OverNode>): OverNode {
  return finish({ kind: 'over', ...parts, schema: append(parts.input, callFields(parts.calls)) })
}

export function makeJoin(parts: Parts<JoinNode>): JoinNode {
  return finish({ kind: 'join', ...parts, schema: joined(parts.left, parts.right.schema.fields, parts.join) })
}

export function makeIntervalJoin(parts: Parts<IntervalJoinNode>): IntervalJoinNode {
  const schema = joined(parts.left, parts.right.schema.fields, parts.join)
  return finish({ kind: 'interval-join', ...parts, schema })
}

export function makeTemporalJoin(parts: Parts<TemporalJoinNode>): TemporalJoinNode {
  const schema = joined(parts.left, parts.right.schema.fields, parts.join)
  return finish({ kind: 'temporal-join', ...parts, schema })
}

export function makeLookupJoin(parts: Parts<LookupJoinNode>): LookupJoinNode {
  const schema = joined(parts.input, parts.tableSchema.fields, parts.join)
  return finish({ kind: 'lookup-join', ...parts, schema })
}

export function makeWindowJoin(parts: Parts<WindowJoinNode>): WindowJoinNode {
  const schema = joined(parts.left, parts.right.schema.fields, parts.join)
  return finish({ kind: 'window-join', ...parts, schema })
}

export function makeCorrelate(parts: Parts<CorrelateNode>): CorrelateNode {
  return finish({ kind: 'correlate', ...parts, schema: joined(parts.input, parts.fields, parts.join) })
}

/** Both sides have equal types; names are those of the left one. */
export function makeSetOperation(parts: Parts<SetOperationNode>): SetOperationNode {
  const fields = parts.left.schema.fields.map((field, i): Field => {
    const other = parts.right.schema.fields[i]?.nullable ?? true
    return parts.op === 'intersect' ? { ...field, nullable: field.nullable && other } : field
  })
  return finish({ kind: 'set-operation', ...parts, schema: { fields } })
}

export function makeRank(parts: Parts<RankNode>): RankNode {
  return finish({ kind: 'rank', ...parts, schema: numbered(parts) })
}

export function makeDedup(parts: Parts<DedupNode>): DedupNode {
  return finish({ kind: 'dedup', ...parts, schema: numbered(parts) })
}

export function makeWindowRank(parts: Parts<WindowRankNode>): WindowRankNode {
  return finish({ kind: 'window-rank', ...parts, schema: numbered(parts) })
}

export function makeSort(parts: Parts<SortNode>): SortNode {
  return finish({ kind: 'sort', ...parts, schema: parts.input.schema })
}

export function makeLimit(parts: Parts<LimitNode>): LimitNode {
  return finish({ kind: 'limit', ...parts, schema: parts.input.schema })
}

/** `names`: of the measures. */
export function makeMatch(parts: Parts<MatchNode>, names: readonly string[]): MatchNode {
  const measures = parts.measures.map(
    (measure, i): Field => ({
      name: names[i] ?? `EXPR$${i}`,
      type: measure.type,
      nullable: measure.nullable,
    }),
  )
  return finish({
    kind: 'match',
    ...parts,
    schema: { fields: [...pick(parts.input, parts.partition), ...measures] },
  })
}

/** The node with schema and traits derived anew after a change of its parts; its columns keep their names. */
export function remake(node: ChangelogNode): ChangelogNode {
  const made = rederive(node)
  const { fields } = node.schema
  if (fields.length !== made.schema.fields.length) return made
  return {
    ...made,
    schema: { fields: made.schema.fields.map((field, i) => ({ ...field, name: fields[i]!.name })) },
  }
}

function rederive(node: ChangelogNode): ChangelogNode {
  switch (node.kind) {
    case 'source':
      return node
    case 'values':
      return makeValues(node.rows, node.schema.fields, node.span)
    case 'filter':
      return makeFilter(node.input, node.predicate, node.span)
    case 'project':
      return makeProject(node.input, node.exprs, [], node.span)
    case 'union':
      return makeUnion(node.inputs, node.span)
    case 'match':
      return makeMatch(node, [])
    case 'watermark':
      return makeWatermark(node)
    case 'normalize':
      return makeNormalize(node)
    case 'async-project':
      return makeAsyncProject(node)
    case 'expand':
      return makeExpand(node)
    case 'aggregate':
      return makeAggregate(node)
    case 'window-assign':
      return makeWindowAssign(node)
    case 'window-aggregate':
      return makeWindowAggregate(node)
    case 'over':
      return makeOver(node)
    case 'join':
      return makeJoin(node)
    case 'interval-join':
      return makeIntervalJoin(node)
    case 'temporal-join':
      return makeTemporalJoin(node)
    case 'lookup-join':
      return makeLookupJoin(node)
    case 'window-join':
      return makeWindowJoin(node)
    case 'correlate':
      return makeCorrelate(node)
    case 'set-operation':
      return makeSetOperation(node)
    case 'rank':
      return makeRank(node)
    case 'dedup':
      return makeDedup(node)
    case 'window-rank':
      return makeWindowRank(node)
    case 'sort':
      return makeSort(node)
    case 'limit':
      return makeLimit(node)
  }
}

export function inputsOf(node: ChangelogNode): readonly ChangelogNode[] {
  switch (node.kind) {
    case 'source':
    case 'values':
      return []
    case 'union':
      return node.inputs
    case 'join':
    case 'interval-join':
    case 'temporal-join':
    case 'window-join':
    case 'set-operation':
      return [node.left, node.right]
    default:
      return [node.input]
  }
}

/** The node over other inputs, in the order of `inputsOf`; the same object if none is new. */
export function withInputs(node: ChangelogNode, inputs: readonly ChangelogNode[]): ChangelogNode {
  if (inputsOf(node).every((input, i) => input === inputs[i])) return node
  switch (node.kind) {
    case 'source':
    case 'values':
      return node
    case 'union':
      return remake({ ...node, inputs })
    case 'join':
    case 'interval-join':
    case 'temporal-join':
    case 'window-join':
    case 'set-operation':
      return remake({ ...node, left: inputs[0]!, right: inputs[1]! })
    default:
      return remake({ ...node, input: inputs[0]! })
  }
}

/** Column `index` of a node as an expression over its rows. */
export function columnOf(node: ChangelogNode, index: number, span: Span): Expr {
  const field = node.schema.fields[index]!
  return { kind: 'column', index, type: field.type, nullable: field.nullable, span }
}

export function columnsOfNode(node: ChangelogNode, span: Span): Expr[] {
  return node.schema.fields.map((_, i) => columnOf(node, i, span))
}

export function namesOf(node: ChangelogNode): string[] {
  return node.schema.fields.map((field) => field.name)
}

/** Columns of a node under other names. */
export function renamed(node: ChangelogNode, names: readonly string[], span: Span): ChangelogNode {
  if (names.every((name, i) => node.schema.fields[i]?.name === name)) return node
  return makeProject(node, columnsOfNode(node, span), names, span)
}

function finish<N extends ChangelogNode>(node: WithoutTraits<N>): N {
  // Omit over a union member and back: with its traits the node is whole.
  return { ...node, traits: deriveTraits(node as WithoutTraits) } as unknown as N
}

function append(input: ChangelogNode, fields: readonly Field[]): Schema {
  return { fields: [...input.schema.fields, ...fields] }
}

function pick(input: ChangelogNode, columns: readonly number[]): Field[] {
  return columns.map((column) => input.schema.fields[column]!)
}

function callFields(calls: readonly AggregateCall[]): Field[] {
  return calls.map((call, i) => ({ name: `${call.fn}$${i}`, type: call.type, nullable: call.nullable }))
}

function joined(left: ChangelogNode, right: readonly Field[], join: string): Schema {
  if (join === 'semi' || join === 'anti') return left.schema
  const nullable = (fields: readonly Field[], missing: boolean): readonly Field[] =>
    missing ? fields.map((field) => ({ ...field, nullable: true })) : fields
  return {
    fields: [
      ...nullable(left.schema.fields, join === 'right' || join === 'full'),
      ...nullable(right, join === 'left' || join === 'full'),
    ],
  }
}

function numbered(parts: { input: ChangelogNode; number: boolean }): Schema {
  if (!parts.number) return parts.input.schema
  return append(parts.input, [{ name: 'ROW_NUMBER', type: bigint, nullable: false }])
}
