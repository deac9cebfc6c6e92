/** What each operator of a Flink plan does, in words. */
import type {
  ChangelogNode,
  JoinCondition,
  JoinKind,
  SortKey,
  TimeAttribute,
  WindowSpec,
} from '../changelog/plan.ts'
import type { Schema } from '../plan.ts'
import {
  callsWords,
  callWords,
  columnName,
  durationWords,
  expressionWords,
  listWords,
  meetWords,
  projectionWords,
  rowsWords,
} from './expression-words.ts'
import { matchWords } from './match-words.ts'
import type { StepWords } from './plan-step.ts'

export function changelogNodeWords(node: ChangelogNode): StepWords {
  switch (node.kind) {
    case 'source':
      return {
        title: node.table,
        text:
          node.traits.changes === 'append'
            ? `Records of ${node.table} come in here, each a new row.`
            : `Changes of ${node.table} come in here: rows that are new, changed or deleted.`,
      }
    case 'watermark': {
      const { table, column, watermark, idleTimeout, input } = node
      return {
        title: 'Keep time',
        text: `Event time of ${table} is read off ${columnName(input.schema, column)}: it is ${expressionWords(watermark, input.schema)} of the latest row.`,
        details: [
          'It is the least of all shards, so that a shard that is behind is waited for.',
          idleTimeout > 0
            ? `A shard without records for ${durationWords(idleTimeout)} is not waited for.`
            : 'A silent shard is waited for however long it takes: no idle timeout is set.',
        ],
      }
    }
    case 'normalize':
      return {
        title: 'Complete changes',
        text: `Remembers the last row of each ${namesOf(node.key, node.schema)}, so that a change says what the row was before.`,
      }
    case 'values':
      return {
        title: 'Given rows',
        text: `Gives ${node.rows.length === 1 ? 'one row' : `${node.rows.length} rows`} when the query starts.`,
      }
    case 'filter':
      return {
        title: 'Filter',
        text: `Lets rows of ${subjectOf(node.input)} through where ${expressionWords(node.predicate, node.input.schema)}; others end here.`,
      }
    case 'project':
      return projectionWords(node.exprs, node.input.schema, node.schema)
    case 'async-project':
      return {
        title: `Call ${node.fn}`,
        text: `Calls the function ${node.fn} with ${listWords(node.args.map((arg) => expressionWords(arg, node.input.schema)))} for each row, and adds its result when it comes.`,
      }
    case 'union':
      return { title: 'Merge', text: `Puts the rows of ${node.inputs.length} inputs into one.` }
    case 'expand':
      return {
        title: 'Several groupings',
        text: `Gives each row once for each of ${node.sets.length} groupings.`,
        details: node.sets.map((set) =>
          set.length === 0 ? 'All rows together.' : `By ${namesOf(set, node.input.schema)}.`,
        ),
      }
    case 'aggregate': {
      const { keys, calls, input, ttl } = node
      if (calls.length === 0)
        return {
          title: 'Leave repeats out',
          text: `Gives each combination of ${namesOf(keys, input.schema)} once.`,
          details: ttlWords(ttl),
        }
      const whole = keys.length === 0
      return {
        title: whole ? 'Aggregate' : 'Group',
        text: whole
          ? `Keeps, over all rows of ${subjectOf(input)}, ${callsWords(calls, input.schema)}.`
          : `Keeps, for each ${namesOf(keys, input.schema)} in ${subjectOf(input)}, ${callsWords(calls, input.schema)}.`,
        details: ['The result is given anew with each row that changes it.', ...ttlWords(ttl)],
      }
    }
    case 'window-assign':
      return {
        title: windowTitle(node.window),
        text: `Puts each row into ${windowWords(node.window, node.input.schema)}: its window's start and end become columns.`,
      }
    case 'window-aggregate': {
      const { window, keys, calls, input, early } = node
      const into =
        window.kind === 'assigned' ? 'the windows that its columns name' : windowWords(window, input.schema)
      const by = keys.length === 0 ? '' : ` for each ${namesOf(keys, input.schema)}`
      const what = calls.length === 0 ? 'that there were rows' : callsWords(calls, input.schema)
      const isEventTime = window.time.kind === 'rowtime'
      return {
        title: window.kind === 'assigned' ? 'Group by window' : windowTitle(window),
        text: `Collects rows of ${subjectOf(input)} in ${into}, and gives${by} ${what}.`,
        details: [
          isEventTime
            ? 'A window comes out when event time (the watermark) has passed its end; rows that come after that are late and left out.'
            : 'A window comes out when the clock has passed its end.',
          ...(early > 0
            ? [`Before that, what there is so far comes out every ${durationWords(early)}.`]
            : []),
        ],
      }
    }
    case 'over': {
      const { input, partition, time, frame, calls } = node
      const by = partition.length === 0 ? '' : ` with the same ${namesOf(partition, input.schema)}`
      const over =
        frame.preceding === Number.POSITIVE_INFINITY
          ? 'all rows so far'
          : frame.kind === 'rows'
            ? rowsWords(frame.preceding + 1)
            : `the rows of the last ${durationWords(frame.preceding)}`
      return {
        title: 'Compute over recent rows',
        text: `Adds to each row of ${subjectOf(input)} what is computed over ${over}${by}: ${listWords(calls.map((call) => callWords(call, input.schema)))}.`,
        details: [
          time.kind === 'rowtime'
            ? 'Rows come out in the order of event time, when the watermark has passed them.'
            : 'Rows come out as they come.',
        ],
      }
    }
    case 'join': {
      const { left, right, join, condition, leftTtl, rightTtl, nullAware } = node
      const { a, b, where } = sidesOf(left, right, condition)
      return {
        ...joinWords(join, a, b, where),
        details: [
          ...lonelyWords(join, a, b),
          ...(nullAware ? ['Where a comparison is with NULL, the row is left out as well (NOT IN).'] : []),
          ...(leftTtl === rightTtl
            ? ttlWords(leftTtl, 'Both sides are remembered')
            : [...ttlWords(leftTtl, `${a} is remembered`), ...ttlWords(rightTtl, `${b} is remembered`)]),
        ],
      }
    }
    case 'interval-join': {
      const { left, right, join, condition, lower, upper, leftTime, rightTime } = node
      const { a, b, where } = sidesOf(left, right, condition)
      const words = joinWords(join, a, b, where)
      return {
        ...words,
        text: words.text.replace(/\.$/, `, ${intervalWords(a, b, lower, upper)}.`),
        details: [
          `Times: ${a}.${columnName(left.schema, leftTime.column)} and ${b}.${columnName(right.schema, rightTime.column)}${leftTime.kind === 'rowtime' ? ' (event time)' : ' (the clock)'}.`,
          ...lonelyWords(join, a, b),
          'Rows are forgotten when no partner can come any more.',
        ],
      }
    }
    case 'temporal-join': {
      const { left, right, join, condition, rightTime, leftTime } = node
      const { a, b, where } = sidesOf(left, right, condition)
      return {
        title: `Join with the version of ${b}`,
        text:
          rightTime === undefined
            ? `Joins each row of ${a} with the row of ${b} ${where} as it is when the row of ${a} comes.`
            : `Joins each row of ${a} with the row of ${b} ${where} as it was at ${columnName(left.schema, leftTime.column)}.`,
        details: [
          ...(join === 'left'
            ? [`A row of ${a} without a partner is kept, with NULL in the columns of ${b}.`]
            : [`A row of ${a} without a partner is left out.`]),
          ...(rightTime === undefined ? [] : ['A row waits until event time has passed it on both sides.']),
        ],
      }
    }
    case 'lookup-join': {
      const { input, table, tableSchema, join, inputKeys, tableKeys, residual } = node
      const subject = subjectOf(input)
      const rightKeys = tableKeys.map((index) => ({
        kind: 'column' as const,
        index,
        type: tableSchema.fields[index]?.type ?? { kind: 'NULL' as const },
        nullable: true,
        span: node.span,
      }))
      const where = meetWords({
        left: subject,
        right: table,
        leftSchema: input.schema,
        rightSchema: tableSchema,
        leftKeys: inputKeys,
        rightKeys,
        residual,
      })
      return {
        title: `Look up ${table}`,
        text: `Finds for each row of ${subject} the rows of ${table}${where === '' ? '' : ` ${where}`} as the table is then, and adds their columns.`,
        details: [
          join === 'left'
            ? `A row that finds nothing is kept: its columns of ${table} are NULL.`
            : 'A row that finds nothing is left out.',
        ],
      }
    }
    case 'window-join': {
      const { left, right, join, condition, nullAware } = node
      const { a, b, where } = sidesOf(left, right, condition)
      const words = joinWords(join, a, b, where)
      return {
        ...words,
        text: words.text.replace(/\.$/, ', in the same window.'),
        details: [
          'The rows of a window come out at its end.',
          ...lonelyWords(join, a, b),
          ...(nullAware ? ['Where a comparison is with NULL, the row is left out as well (NOT IN).'] : []),
        ],
      }
    }
    case 'correlate': {
      const { source, input, join, residual, schema } = node
      const what =
        source.kind === 'unnest'
          ? `the elements of ${expressionWords(source.collection, input.schema)}${source.ordinality ? ', numbered' : ''}`
          : `the rows that the function ${source.fn} makes of ${listWords(source.args.map((arg) => expressionWords(arg, input.schema))) || 'it'}`
      return {
        title: source.kind === 'unnest' ? 'Unfold a list' : `Call ${source.fn}`,
        text: `Gives each row of ${subjectOf(input)} once for each of ${what}${residual === undefined ? '' : `, where ${expressionWords(residual, schema)}`}.`,
        details: [
          join === 'left' ? 'A row without any is kept, with NULL.' : 'A row without any is left out.',
        ],
      }
    }
    case 'set-operation': {
      const [a, b] = [subjectOf(node.left), subjectOf(node.right)]
      const each = node.all ? 'as often as' : 'once where'
      return node.op === 'intersect'
        ? { title: 'Intersect', text: `Gives rows that are in ${a} and in ${b}, ${each} they are in both.` }
        : {
            title: 'Except',
            text: `Gives rows of ${a} that are not in ${b}${node.all ? ', as often as there are more of them' : ', once each'}.`,
          }
    }
    case 'rank': {
      const { partition, order, from, to, input, ttl } = node
      return {
        title: to === 1 ? 'First row' : `Top ${to}`,
        text: `Keeps${forEach(partition, input.schema)} ${placesWords(from, to)} by ${orderWords(order, input.schema)}.`,
        details: ['A row that falls out of these is taken back.', ...ttlWords(ttl)],
      }
    }
    case 'dedup': {
      const { partition, keep, time, input, ttl } = node
      return {
        title: `Keep the ${keep} row`,
        text: `Of rows with the same ${namesOf(partition, input.schema) || 'everything'} only the ${keep} by ${columnName(input.schema, time.column)} stands.`,
        details: ttlWords(ttl),
      }
    }
    case 'window-rank': {
      const { partition, order, from, to, input, latest } = node
      return {
        title: latest === true ? 'Last row of each window' : `Top ${to} of each window`,
        text: `Gives at the end of each window,${forEach(partition, input.schema)} ${placesWords(from, to)} by ${orderWords(order, input.schema)}.`,
      }
    }
    case 'sort':
      return {
        title: 'Sort',
        text: `Holds rows back until event time has passed them, and gives them sorted by ${orderWords(node.order, node.schema)}.`,
      }
    case 'limit':
      return {
        title: 'Limit',
        text: `Gives the first ${node.limit} rows that come${node.offset > 0 ? `, after ${node.offset} others` : ''}; later ones are left out.`,
      }
    case 'match':
      return matchWords(node, subjectOf(node.input))
  }
}

/** What the rows of a node are called: the table that they come from, as far as there is one. */
export function subjectOf(node: ChangelogNode): string {
  switch (node.kind) {
    case 'source':
    case 'watermark':
      return node.table
    case 'values':
      return 'the given rows'
    case 'aggregate':
    case 'window-aggregate':
      return 'the groups'
    case 'join':
    case 'interval-join':
    case 'temporal-join':
    case 'window-join':
      return node.kind !== 'temporal-join' && (node.join === 'semi' || node.join === 'anti')
        ? subjectOf(node.left)
        : 'the joined rows'
    case 'union':
      return 'the merged rows'
    case 'set-operation':
      return 'the remaining rows'
    case 'match':
      return 'the matches'
    default:
      return subjectOf(node.input)
  }
}

/** The two sides of a join by name, and on what their rows meet. */
function sidesOf(left: ChangelogNode, right: ChangelogNode, condition: JoinCondition) {
  const [a, b] = [subjectOf(left), subjectOf(right)]
  const where = meetWords({
    left: a,
    right: b,
    leftSchema: left.schema,
    rightSchema: right.schema,
    ...condition,
  })
  return { a, b, where }
}

function joinWords(join: JoinKind, a: string, b: string, where: string): StepWords {
  const condition = where === '' ? '' : ` ${where}`
  if (join === 'semi')
    return {
      title: `Only those in ${b}`,
      text: `Lets rows of ${a} through for which there is a row of ${b}${condition}.`,
    }
  if (join === 'anti')
    return {
      title: `Only those not in ${b}`,
      text: `Lets rows of ${a} through for which there is no row of ${b}${condition}.`,
    }
  return { title: `Join ${a} with ${b}`, text: `Joins each row of ${a} with each row of ${b}${condition}.` }
}

function lonelyWords(join: JoinKind, a: string, b: string): string[] {
  const sides = { inner: [], left: [a], right: [b], full: [a, b], semi: [], anti: [] }[join]
  return sides.map(
    (name) => `A row of ${name} without a partner comes out alone, with NULL in the other columns.`,
  )
}

/** `lower <= right - left <= upper`. */
function intervalWords(a: string, b: string, lower: number, upper: number): string {
  if (lower === -upper) return `both at most ${durationWords(upper)} apart`
  if (lower === 0)
    return upper === 0
      ? 'both of the same time'
      : `where ${b} comes at most ${durationWords(upper)} after ${a}`
  if (upper === 0) return `where ${b} comes at most ${durationWords(-lower)} before ${a}`
  if (lower > 0) return `where ${b} comes ${durationWords(lower)} to ${durationWords(upper)} after ${a}`
  if (upper < 0) return `where ${b} comes ${durationWords(-upper)} to ${durationWords(-lower)} before ${a}`
  return `where ${b} comes at most ${durationWords(-lower)} before and ${durationWords(upper)} after ${a}`
}

function windowTitle({ kind }: WindowSpec): string {
  return { tumble: 'Windows', hop: 'Sliding windows', cumulate: 'Growing windows', session: 'Sessions' }[kind]
}

function windowWords(window: WindowSpec, schema: Schema): string {
  const on = `of ${timeName(window.time, schema)}`
  const more = [
    ...('offset' in window && window.offset !== 0
      ? [`shifted by ${durationWords(Math.abs(window.offset))}${window.offset < 0 ? ' back' : ''}`]
      : []),
    ...(window.zone === undefined ? [] : [`in the time of ${window.zone}`]),
  ]
  const tail = more.length === 0 ? '' : `, ${more.join(', ')}`
  switch (window.kind) {
    case 'tumble':
      return `windows of ${durationWords(window.size)} ${on}${tail}`
    case 'hop':
      return `windows of ${durationWords(window.size)} ${on}, of which one begins every ${durationWords(window.slide)}${tail}`
    case 'cumulate':
      return `windows ${on} that grow by ${durationWords(window.step)} up to ${durationWords(window.size)}${tail}`
    case 'session':
      return `sessions ${on}${window.partition.length === 0 ? '' : ` for each ${namesOf(window.partition, schema)}`}, which end after ${durationWords(window.gap)} without rows${tail}`
  }
}

function timeName(time: TimeAttribute, schema: Schema): string {
  return time.kind === 'proctime' ? "the clock's time" : columnName(schema, time.column)
}

function namesOf(columns: readonly number[], schema: Schema): string {
  return listWords(columns.map((index) => columnName(schema, index)))
}

function forEach(partition: readonly number[], schema: Schema): string {
  return partition.length === 0 ? '' : ` for each ${namesOf(partition, schema)}`
}

function placesWords(from: number, to: number): string {
  if (from === to) return from === 1 ? 'the first row' : `row ${from}`
  return from === 1 ? `the first ${to} rows` : `rows ${from} to ${to}`
}

export function orderWords(order: readonly SortKey[], schema: Schema): string {
  return listWords(
    order.map(
      ({ column, descending }) => `${columnName(schema, column)}${descending ? ' (greatest first)' : ''}`,
    ),
  )
}

function ttlWords(ms: number, what = 'What it keeps of a key is remembered'): string[] {
  return ms === 0 ? [] : [`${what} until ${durationWords(ms)} have passed without a change.`]
}
