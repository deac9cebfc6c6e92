/**
 * GROUP BY on row time as a tumbling window (spec 2.8, 4), and DISTINCT per period as the same with all items as keys. The
 * value of the time key is the window's start, ROWTIME of the result its end. Where the input's time attribute lies before
 * its row time, the window is moved by as much, so that the same rows meet.
 */
import type { Expression, FromItem, SelectQuery } from '../syntax/tree.ts'
import { call, column, item, select as makeSelect, plusMs, tumble } from './build.ts'
import { type FlinkScope, type FlinkSource, noteTimeOfJoin, scopeOfSource } from './flink-scope.ts'
import { type FlinkRelation, selectList, type TranslatedQuery, type Wanted } from './query-parts.ts'
import { expandItems, finished, isRowtime, noteOrder } from './select-parts.ts'
import { ExpressionTranslator } from './translate-expression.ts'
import { type FromTools, relationOf, translateFrom } from './translate-from.ts'
import { mapTree, shapeOf, someNode } from './tree-map.ts'

interface TimeKey {
  readonly index: number
  readonly ms: number
}

const unitMs: Readonly<Record<string, number>> = {
  SECOND: 1000,
  MINUTE: 60_000,
  HOUR: 3_600_000,
  DAY: 86_400_000,
}

export function translateGroup(
  tools: FromTools,
  select: SelectQuery,
  from: FromItem,
  wanted: Wanted,
): TranslatedQuery {
  const { host } = tools
  noteOrder(host, select)
  const input = groupInput(tools, from)
  const { relation, rename } = input
  const base = scopeOfSource(input.source, tools.types)
  const scope: FlinkScope = { ...base, sources: input.sources }
  const items = expandItems(
    select.items.filter((each) => each.kind !== 'item' || each.alias?.name !== 'ROWTIME'),
    scope,
  )
  const keys = select.distinct ? items.map(({ expression }) => expression) : (select.groupBy ?? [])
  const time = input.source.time
  if (time === undefined)
    return host.notes.fail(
      select.span,
      select.distinct ? 'DISTINCT' : 'GROUP BY on time',
      'No time attribute of Flink reaches this place.',
      'Make the event time a column of the input table, with a watermark on it.',
    )
  noteTimeOfJoin(host.notes, time)
  const timeKey = findTimeKey(tools, select, keys)
  if (select.distinct)
    host.notes.differs(
      select.span,
      'DISTINCT per period',
      'The rows come out at the end of the period, where KDA SQL puts each out at first sight.',
      'Nothing to do if the delay does not matter.',
    )
  const plain = new ExpressionTranslator(host, { scope, replace: rename })
  const { alias } = input.source
  const start = plusMs(column('window_start'), time.shift)
  const end = plusMs(column('window_end'), time.shift)
  const keyShapes = new Map(keys.map((key, i) => [canonical(key), i]))
  const outside = new ExpressionTranslator(host, {
    scope,
    replace: (part) => {
      if (isAggregate(part)) return plain.translate(part)
      // Of rows that are alike but for their times the first comes out.
      if (isRowtime(part) && select.distinct) return call('MIN', [plain.translate(part)])
      const key = keyShapes.get(select.distinct ? canonical(part) : canonicalOutside(part))
      if (key === timeKey.index) return start
      if (key !== undefined) return plain.translate(keys[key]!)
      if (isRowtime(part)) return part.kind === 'name' && part.parts.length === 1 ? end : start
      return rename(part)
    },
  })
  const made = selectList(items, wanted.shape, outside)
  const others = keys
    .filter((key, i) => i !== timeKey.index && !isRowtime(key))
    .map((key) => plain.translate(key))
  const query = makeSelect({
    items: made.items,
    from: tumble(relation.name, time.column, timeKey.ms, -time.shift, alias),
    where: select.where === undefined ? undefined : plain.translate(select.where),
    groupBy: [
      column('window_start'),
      column('window_end'),
      ...(wanted.carriesTime ? [column('window_time')] : []),
      ...others,
    ],
    having: select.having === undefined ? undefined : outside.translate(select.having),
  })
  return finished(query, made.columns, { attribute: column('window_time'), shift: time.shift + 1 }, wanted)
}

/** ROWTIME with and without a source is the same inside GROUP BY. */
function canonical(expression: Expression): string {
  return shapeOf(mapTree(expression, (part) => (isRowtime(part) ? column('ROWTIME', 'ROWTIME') : undefined)))
}

/** In the select list ROWTIME without a source is the time of the result. */
function canonicalOutside(expression: Expression): string {
  return shapeOf(
    mapTree(expression, (part) =>
      part.kind === 'name' && isRowtime(part) && part.parts.length === 2
        ? column('ROWTIME', 'ROWTIME')
        : undefined,
    ),
  )
}

const aggregates: ReadonlySet<string> = new Set(
  'COUNT SUM MIN MAX AVG FIRST_VALUE LAST_VALUE STDDEV_POP STDDEV_SAMP VAR_POP VAR_SAMP ANY EVERY'.split(' '),
)

function isAggregate(part: Expression): boolean {
  return part.kind === 'call' && aggregates.has(part.name.name.toUpperCase())
}

function findTimeKey(tools: FromTools, select: SelectQuery, keys: readonly Expression[]): TimeKey {
  const { host } = tools
  for (const [index, key] of keys.entries()) {
    if (key.kind === 'round-to-unit' && key.fn === 'FLOOR' && isRowtime(key.operand)) {
      const ms = unitMs[key.unit]
      if (ms !== undefined) return { index, ms }
      return host.notes.fail(
        key.span,
        `window of a ${key.unit}`,
        'Windows of Flink have a fixed length, and calendar months, quarters and years have not.',
        `Group by FLOOR(time TO ${key.unit}) without a window, which gives a result that updates.`,
      )
    }
    if (key.kind === 'step' && isRowtime(key.operand)) {
      const ms = host.types.milliseconds(key.size)
      if (ms !== undefined && ms > 0) return { index, ms }
      return host.notes.fail(
        key.span,
        'STEP by months or years',
        'Windows of Flink have a fixed length, and calendar months and years have not.',
        'Group by FLOOR(time TO MONTH) without a window, which gives a result that updates.',
      )
    }
  }
  const timed = keys.find((key) => someNode(key, isRowtime)) ?? keys[0]
  return host.notes.fail(
    timed?.span ?? select.span,
    select.distinct ? 'DISTINCT' : 'GROUP BY on time',
    'Only FLOOR and STEP of ROWTIME itself have a window of Flink.',
    'Write FLOOR(s.ROWTIME TO unit) or STEP(s.ROWTIME BY interval) with the ROWTIME of the stream in FROM.',
  )
}

interface GroupInput {
  readonly relation: FlinkRelation
  /** What carries the time. */
  readonly source: FlinkSource
  readonly sources: readonly FlinkSource[]
  /** Columns of joined sources are called otherwise in the view. */
  readonly rename: (part: Expression) => Expression | undefined
}

function groupInput(tools: FromTools, from: FromItem): GroupInput {
  const single = relationOf(tools, from)
  if (single !== undefined) return { ...single, sources: [single.source], rename: () => undefined }
  const made = translateFrom(tools, from)
  const { scope } = made
  const named = new Map<string, string>()
  const columns: string[] = []
  const key = (alias: string | undefined, name: string): string => `${alias ?? ''}.${name}`
  const items = scope.sources.flatMap(({ alias, columns: own }) =>
    own.map((name) => {
      const free = columns.includes(name) || scope.merged.has(name) ? `${alias ?? 'S'}_${name}` : name
      columns.push(free)
      named.set(key(alias, name), free)
      return item(column(alias, name), free)
    }),
  )
  for (const [name, value] of scope.merged) {
    columns.push(name)
    items.push(item(value, name))
  }
  const query = finished(makeSelect({ items, from: made.from }), columns, scope.time, {
    shape: undefined,
    carriesTime: true,
  })
  const relation = tools.host.helperView('JOINED', query)
  const source: FlinkSource = { alias: undefined, columns, time: relation.time, isTable: false }
  const rename = (part: Expression): Expression | undefined => {
    if (part.kind !== 'name' || isRowtime(part)) return undefined
    const name = part.parts.at(-1)!.name
    if (part.parts.length === 2) {
      const found = named.get(key(part.parts[0]!.name, name))
      return found === undefined ? undefined : column(found)
    }
    if (scope.merged.has(name)) return column(name)
    const owner = scope.sources.find(({ columns: own }) => own.includes(name))
    const found = owner === undefined ? undefined : named.get(key(owner.alias, name))
    return found === undefined ? undefined : column(found)
  }
  return { relation, source, sources: scope.sources, rename }
}
