/**
 * Table functions over a CURSOR (spec 2.13): the two that count items per tumbling window as window aggregation, with a
 * window Top-N for TOP_K_ITEMS_TUMBLING. The others have no Flink form.
 */
import type { Expression, FunctionCall, Query } from '../syntax/tree.ts'
import { binary, call, column, derived, item, nowhere, number, select, tumble } from './build.ts'
import { noteTimeOfJoin, timeColumnBeside } from './flink-scope.ts'
import type { QueryHost, TranslatedQuery } from './query-parts.ts'

type Reason = readonly [reason: string, advice: string]
const noAnomalies: Reason = [
  'Flink SQL has no detection of anomalies.',
  'Register a function that scores a row.',
]
const formless: ReadonlyMap<string, Reason> = new Map<string, Reason>([
  [
    'GROUP_RANK',
    [
      'It ranks rows of one ROWTIME with shared ranks, and Flink numbers rows without ties.',
      'Use ROW_NUMBER over a window if ties do not matter.',
    ],
  ],
  ['RANDOM_CUT_FOREST', noAnomalies],
  ['RANDOM_CUT_FOREST_WITH_EXPLANATION', noAnomalies],
  ['HOTSPOTS', ['Flink SQL has no search for dense regions.', 'Write it as a process function.']],
])

export function translateTableFunction(
  host: QueryHost,
  translate: (query: Query) => TranslatedQuery,
  node: FunctionCall,
): TranslatedQuery {
  const name = node.name.name.toUpperCase()
  const reason = formless.get(name)
  if (reason !== undefined) return host.notes.fail(node.span, name, reason[0], reason[1])
  const args = typeof node.args === 'string' ? [] : node.args
  const cursor = args[0]
  const wanted = args[1]
  if (cursor?.kind !== 'subquery' || wanted?.kind !== 'string')
    return host.notes.fail(
      node.span,
      name,
      'Its arguments are not constant.',
      'Write CURSOR and a column name.',
    )
  const input = translate(cursor.query)
  const { time } = input
  if (time === undefined)
    return host.notes.fail(
      node.span,
      name,
      'No time attribute of Flink reaches its input.',
      'Make the event time a column of the input table, with a watermark on it.',
    )
  noteTimeOfJoin(host.notes, time)
  const found =
    input.columns.find((each) => each === wanted.value) ??
    input.columns.find((each) => each.toUpperCase() === wanted.value.toUpperCase()) ??
    wanted.value
  const view = host.helperView(`${name === 'TOP_K_ITEMS_TUMBLING' ? 'TOP_K' : 'DISTINCT'}_INPUT`, input)
  const seconds = secondsOf(args.at(name === 'TOP_K_ITEMS_TUMBLING' ? 3 : 2))
  const source = tumble(view.name, time.column, seconds * 1000, -time.shift, undefined)
  const windowKeys = [column('window_start'), column('window_end'), column('window_time')]
  const shift = time.shift + 1
  if (name === 'COUNT_DISTINCT_ITEMS_TUMBLING') {
    const columns = ['NUMBER_OF_DISTINCT_ITEMS']
    const timeColumn = timeColumnBeside(columns)
    const query = select({
      items: [
        item(call('COUNT', [column(found)], { distinct: true }), 'NUMBER_OF_DISTINCT_ITEMS'),
        item(column('window_time'), timeColumn),
      ],
      from: source,
      groupBy: windowKeys,
    })
    return { query, columns, time: { column: timeColumn, shift } }
  }
  const k = args[2]?.kind === 'number' ? args[2].text : '1'
  host.notes.differs(
    node.span,
    name,
    'Which of several equally frequent items is kept at the end of the list is not the same, and the count is exact rather than approximate.',
    'Nothing to do if ties at the end of the list do not matter.',
  )
  return topK(source, windowKeys, found, k, shift)
}

function topK(
  source: ReturnType<typeof tumble>,
  windowKeys: readonly Expression[],
  found: string,
  k: string,
  shift: number,
): TranslatedQuery {
  const counted = select({
    items: [
      item(column('window_start'), 'window_start'),
      item(column('window_end'), 'window_end'),
      item(column('window_time'), 'ROWTIME'),
      item(column(found), 'ITEM'),
      item(call('COUNT', 'star'), 'ITEM_COUNT'),
    ],
    from: source,
    where: {
      kind: 'is',
      operand: column(found),
      negated: true,
      test: 'NULL',
      other: undefined,
      span: nowhere,
    },
    groupBy: [...windowKeys, column(found)],
  })
  const ranked = select({
    items: [
      { kind: 'star', source: undefined, span: nowhere },
      item(
        call('ROW_NUMBER', [], {
          over: {
            kind: 'window',
            base: undefined,
            partitionBy: [column('window_start'), column('window_end')],
            orderBy: [{ expression: column('ITEM_COUNT'), descending: true, span: nowhere }],
            frame: undefined,
            span: nowhere,
          },
        }),
        'ITEM_RANK',
      ),
    ],
    from: derived(counted, undefined),
  })
  const query = select({
    items: ['ITEM', 'ITEM_COUNT', 'ROWTIME'].map((name) => item(column(name), name)),
    from: derived(ranked, undefined),
    where: binary('<=', column('ITEM_RANK'), number(k)),
  })
  return { query, columns: ['ITEM', 'ITEM_COUNT'], time: { column: 'ROWTIME', shift } }
}

function secondsOf(argument: Expression | undefined): number {
  return argument?.kind === 'number' ? Number(argument.text) : 1
}
