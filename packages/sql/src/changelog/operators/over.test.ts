import fc from 'fast-check'
import { expect, test } from 'vitest'
import { call, column, naive } from '../aggregates/aggregate-samples.ts'
import type { AggregateCall, OverNode } from '../plan.ts'
import { type Row, rowKind } from '../row.ts'
import { changeText, makeTestContext, type TestContext } from '../testing/test-context.ts'
import { makeOver } from './over.ts'
import { type Event, eventInput, eventSchema, someEvents } from './window-samples.ts'

const span = { start: 0, end: 0 }
const types = eventSchema.fields.map((field) => field.type)
const v = column(2, types)
const literal = (value: number) =>
  ({ kind: 'literal', value, type: { kind: 'INTEGER' }, nullable: false, span }) as const

function node(
  frame: OverNode['frame'],
  calls: readonly AggregateCall[],
  kind: 'rowtime' | 'proctime' = 'rowtime',
): OverNode {
  return {
    kind: 'over',
    input: eventInput(),
    partition: [1],
    time: { column: 0, kind },
    frame,
    calls,
    schema: { fields: [] },
    traits: { changes: 'append', times: [], keys: [], window: undefined },
    span,
  }
}

function kitOf(of: OverNode): TestContext {
  return makeTestContext({ make: (context, out) => makeOver(of, context, out) })
}

function run(kit: TestContext, events: readonly Event[]): string[] {
  const log: string[] = []
  let watermark: number | undefined
  for (const event of events) {
    kit.out.clear()
    if (event.kind === 'row') kit.input(0).row(event.row, rowKind.insert)
    else if (event.kind === 'watermark') {
      watermark = event.time
      kit.input(0).watermark(event.time)
    } else if (event.kind === 'restart') {
      kit.restarted(event.how)
      if (watermark !== undefined) kit.input(0).watermark(watermark)
      expect(kit.out.texts).toEqual([])
      kit.out.clear()
    }
    log.push(...kit.out.log)
  }
  return log
}

interface Passed {
  readonly row: Row
  readonly time: number
}

/** The answer of one row over what its partition has seen, itself and its peers included. */
function answer(of: OverNode, seen: readonly Passed[], at: number): Row {
  const { time, row } = seen[at]!
  const { kind, preceding } = of.frame
  const frame =
    kind === 'range'
      ? seen.filter((each) => each.time <= time && each.time >= time - preceding)
      : seen.slice(Math.max(0, at - preceding), at + 1)
  const before = seen.slice(0, at + 1).map((each) => each.row)
  const values = of.calls.map((each) =>
    naive(each, each.fn === 'LAG' || each.fn === 'ROW_NUMBER' ? before : frame.map((passed) => passed.row)),
  )
  return [...row, ...values]
}

function expectedOver(of: OverNode, events: readonly Event[]): { log: string[]; late: Row[] } {
  const log: string[] = []
  const late: Row[] = []
  const partitions = new Map<Row[0], Passed[]>()
  let waiting: Passed[] = []
  let reached = Number.NEGATIVE_INFINITY
  const bounded = Number.isFinite(of.frame.preceding) && of.frame.kind === 'range'
  const forgets = bounded && of.calls.every(({ fn }) => fn !== 'LAG' && fn !== 'ROW_NUMBER')
  for (const event of events) {
    if (event.kind === 'row') {
      const time = event.row[0] as number // The time column.
      const last = partitions.get(event.row[1]!)?.at(-1)?.time ?? Number.NEGATIVE_INFINITY
      if (time <= (Number.isFinite(of.frame.preceding) ? last : reached)) late.push(event.row)
      else waiting.push({ row: event.row, time })
    }
    if (event.kind !== 'watermark') continue
    if (event.time > reached) {
      reached = event.time
      const due = waiting.filter(({ time }) => time <= reached).sort((a, b) => a.time - b.time)
      waiting = waiting.filter(({ time }) => time > reached)
      for (const passed of due) {
        const key = passed.row[1]!
        partitions.set(key, [...(partitions.get(key) ?? []), passed])
      }
      for (const passed of due) {
        const seen = partitions.get(passed.row[1]!)!
        log.push(changeText(answer(of, seen, seen.indexOf(passed)), 0))
      }
      for (const [key, seen] of forgets ? partitions : []) {
        if (seen.at(-1)!.time + Math.floor(of.frame.preceding * 1.5) + 1 < reached) partitions.delete(key)
      }
    }
    log.push(`W ${event.time}`)
  }
  return { log, late }
}

const frames = fc.record({
  kind: fc.constantFrom('range' as const, 'rows' as const),
  preceding: fc.constantFrom(0, 1, 4, 9, Number.POSITIVE_INFINITY),
})
const aggregates = [
  call('COUNT', []),
  call('SUM', [v]),
  call('MIN', [v]),
  call('COUNT', [v], { distinct: true }),
  call('FIRST_VALUE', [v]),
  call('LAST_VALUE', [v]),
]
const positions = [
  call('LAG', [v]),
  call('ROW_NUMBER', []),
  call('LAG', [v, literal(3), literal(-1)]),
  call('LAG', [v, literal(0)]),
]

test('rows in any order, watermarks and restarts: each row comes out with the answer over its frame', () => {
  fc.assert(
    fc.property(frames, fc.boolean(), someEvents, (frame, withPositions, events) => {
      const of = node(frame, withPositions ? [...positions, ...aggregates] : aggregates)
      const kit = kitOf(of)
      const expected = expectedOver(of, events)
      expect(run(kit, events)).toEqual(expected.log)
      expect(kit.late).toEqual(expected.late)
    }),
    { numRuns: 400 },
  )
})

test('in processing time each row is computed as it comes, over the rows before it', () => {
  const step = fc.tuple(fc.constantFrom('a', 'b'), fc.nat(5), fc.nat(4), fc.boolean())
  fc.assert(
    fc.property(frames, fc.array(step, { maxLength: 25 }), (frame, steps) => {
      const of = node(frame, [...aggregates, ...positions], 'proctime')
      const kit = kitOf(of)
      const partitions = new Map<string, Passed[]>()
      let now = 0
      for (const [key, value, pause, restart] of steps) {
        now += pause
        kit.advance(now)
        const row: Row = [null, key, value]
        const seen = [...(partitions.get(key) ?? []), { row, time: now }]
        partitions.set(key, seen)
        kit.input(0).row(row, rowKind.insert)
        expect(kit.out.texts.at(-1)).toBe(changeText(answer(of, seen, seen.length - 1), 0))
        if (restart) kit.restarted()
      }
      expect(kit.out.rows.length).toBe(steps.length)
    }),
    { numRuns: 100 },
  )
})

test('peers of a RANGE frame get one answer, rows of a ROWS frame go one by one', () => {
  const rows: Row[] = [
    [1, 'a', 1],
    [1, 'a', 2],
    [2, 'a', 4],
  ]
  const sum = [call('SUM', [v])]
  for (const [kind, answers] of [
    ['range', [3, 3, 7]],
    ['rows', [1, 3, 7]],
  ] as const) {
    const kit = kitOf(node({ kind, preceding: Number.POSITIVE_INFINITY }, sum))
    for (const row of rows) kit.input(0).row(row, rowKind.insert)
    kit.input(0).watermark(5)
    expect(kit.out.rows.map((row) => row[3])).toEqual(answers)
  }
})

test('the lower bound of a RANGE frame is inclusive, and old rows leave the state', () => {
  const kit = kitOf(node({ kind: 'range', preceding: 10 }, [call('SUM', [v])]))
  for (const row of [
    [0, 'a', 1],
    [10, 'a', 2],
    [11, 'a', 4],
  ] satisfies Row[])
    kit.input(0).row(row, rowKind.insert)
  kit.input(0).watermark(11)
  expect(kit.out.rows.map((row) => row[3])).toEqual([1, 3, 6])
  // Two rows and their partition.
  expect(kit.store().rowCount).toBe(3)
  kit.input(0).watermark(100)
  expect(kit.store().rowCount).toBe(0)
})

test('a row without a time fails; a row whose argument has no value fails and leaves the frame as it was', () => {
  const quotient = { ...literal(1), kind: 'call', fn: '/', args: [literal(8), v], nullable: true } as const
  const kit = kitOf(node({ kind: 'rows', preceding: 1 }, [{ ...call('SUM', [v]), args: [quotient] }]))
  for (const row of [
    [1, 'a', 1],
    [2, 'a', 2],
    [3, 'a', 0],
    [null, 'a', 2],
    [4, 'a', 8],
  ] satisfies Row[])
    kit.input(0).row(row, rowKind.insert)
  kit.input(0).watermark(9)
  expect(kit.out.texts).toEqual(['+I 1, a, 1, 8', '+I 2, a, 2, 12', '+I 4, a, 8, 5'])
  expect(kit.failures.map(({ error }) => error.name)).toEqual(['NotNullViolation', 'DivideByZero'])
})
