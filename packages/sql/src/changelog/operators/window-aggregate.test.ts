import fc from 'fast-check'
import { expect, test } from 'vitest'
import { call, column } from '../aggregates/aggregate-samples.ts'
import type { AggregateCall, WindowAggregateNode, WindowSpec } from '../plan.ts'
import { type Row, rowKind } from '../row.ts'
import { accumulate, makeTestContext, type TestContext } from '../testing/test-context.ts'
import { makeWindowAggregate } from './window-aggregate.ts'
import { type Event, eventInput, eventSchema, expectedWindows, someEvents } from './window-samples.ts'

const span = { start: 0, end: 0 }
const types = eventSchema.fields.map((field) => field.type)
const v = column(2, types)
const rowtime = { column: 0, kind: 'rowtime' } as const
const proctime = { column: 0, kind: 'proctime' } as const
const base = { time: rowtime, zone: undefined } as const

function node(
  window: WindowAggregateNode['window'],
  calls: readonly AggregateCall[],
  options: Partial<WindowAggregateNode> = {},
): WindowAggregateNode {
  const traits = { changes: 'append', times: [], keys: [], window: undefined } as const
  return {
    kind: 'window-aggregate',
    input: eventInput(),
    window,
    keys: [1],
    calls,
    properties: ['start', 'end'],
    early: 0,
    schema: { fields: [] },
    traits,
    span,
    ...options,
  }
}

function kitOf(of: WindowAggregateNode, zone = 'UTC'): TestContext {
  return makeTestContext({ make: (context, out) => makeWindowAggregate(of, context, out), zone })
}

/** Runs events; after a restart the last watermark comes again, as in a running program. */
function run(kit: TestContext, events: readonly Event[]): string[] {
  let watermark: number | undefined
  const log: string[] = []
  for (const event of events) {
    kit.out.clear()
    if (event.kind === 'row') kit.input(0).row(event.row, rowKind.insert)
    else if (event.kind === 'back') kit.input(0).row(event.row, rowKind.delete)
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

const offset = fc.constantFrom(0, 0, 1, -3)
const specs: fc.Arbitrary<WindowSpec> = fc
  .oneof(
    fc.record({ kind: fc.constant('tumble' as const), size: fc.constantFrom(1, 5, 10), offset }),
    fc.record({
      kind: fc.constant('hop' as const),
      slide: fc.constantFrom(2, 5),
      size: fc.constantFrom(10, 4, 5),
      offset,
    }),
    fc.record({
      kind: fc.constant('cumulate' as const),
      step: fc.constantFrom(2, 3),
      size: fc.constantFrom(6, 12),
      offset,
    }),
    fc.record({
      kind: fc.constant('session' as const),
      gap: fc.constantFrom(1, 3, 6),
      partition: fc.constant([1]),
    }),
  )
  .map((spec) => ({ ...base, ...spec }))

const calls = [
  call('COUNT', []),
  call('SUM', [v]),
  call('MAX', [v]),
  call('COUNT', [v], { distinct: true }),
  call('FIRST_VALUE', [v]),
  call('LAST_VALUE', [v]),
]

test('rows in any order, watermarks and restarts: windows come out as recomputed, by end and first row', () => {
  fc.assert(
    fc.property(specs, someEvents, (spec, events) => {
      const kit = kitOf(node(spec, calls))
      const expected = expectedWindows(spec, calls, events)
      expect(run(kit, events)).toEqual(expected.log)
      expect(kit.late).toEqual(expected.late)
      // All windows have fired: nothing may be left but the watermark and counters.
      expect(kit.store().rowCount).toBe(0)
    }),
    { numRuns: 400 },
  )
})

test('rows that are taken back leave the windows that have not fired, in every order with watermarks', () => {
  const aligned = specs.filter((spec) => spec.kind !== 'session')
  fc.assert(
    fc.property(aligned, someEvents, fc.array(fc.nat(3), { maxLength: 30 }), (spec, plain, choices) => {
      const retracting = [call('COUNT', []), call('MAX', [v]), call('COUNT', [v], { distinct: true })]
      const events: Event[] = []
      const rows: Row[] = []
      plain.forEach((event, i) => {
        events.push(event)
        if (event.kind === 'row') rows.push(event.row)
        const choice = choices[i] ?? 0
        // Taking back the last one hits open windows, the first one such as have fired.
        if (choice === 1 && rows.length > 0) events.push({ kind: 'back', row: rows.pop()! })
        if (choice === 2 && rows.length > 0) events.push({ kind: 'back', row: rows.shift()! })
      })
      events.push({ kind: 'watermark', time: Number.POSITIVE_INFINITY })
      const kit = kitOf(node(spec, retracting, { input: eventInput('retract') }))
      const expected = expectedWindows(spec, retracting, events)
      expect(inParts(run(kit, events))).toEqual(inParts(expected.log))
      expect(kit.late).toEqual(expected.late)
      expect(kit.store().rowCount).toBe(0)
    }),
    { numRuns: 300 },
  )
})

/** A log with the rows before each watermark in order of their texts. */
function inParts(log: readonly string[]): string[] {
  const parts: string[][] = [[]]
  for (const text of log) {
    if (text.startsWith('W')) parts.push([text])
    parts.at(-1)!.push(text)
  }
  return parts.flatMap((part) => part.sort())
}

test('early updates add up to the final rows at the end, and to all rows so far when they have just come', () => {
  fc.assert(
    fc.property(specs, someEvents, (spec, events) => {
      const kit = kitOf(node(spec, calls, { early: 10 }))
      const expected = kitOf(node(spec, calls))
      let now = 0
      for (const event of events) {
        if (event.kind === 'row') {
          kit.input(0).row(event.row, rowKind.insert)
          expected.input(0).row(event.row, rowKind.insert)
        } else if (event.kind === 'watermark') {
          kit.input(0).watermark(event.time)
          expected.input(0).watermark(event.time)
        }
        now += 7
        kit.advance(now)
      }
      expect(accumulate(kit.out.rows, kit.out.kinds)).toEqual(
        accumulate(expected.out.rows, expected.out.kinds),
      )
      expect(kit.store().rowCount).toBe(0)
    }),
    { numRuns: 150 },
  )
})

test('early updates come once in their interval, and only with news', () => {
  const kit = kitOf(
    node({ ...base, kind: 'tumble', size: 100, offset: 0 }, [call('COUNT', [])], { early: 10 }),
  )
  kit.input(0).row([1, 'a', 1], rowKind.insert)
  kit.input(0).row([2, 'a', 1], rowKind.insert)
  kit.advance(9)
  expect(kit.out.texts).toEqual([])
  kit.advance(10)
  kit.advance(30)
  expect(kit.out.texts).toEqual(['+I a, 2, 0, 100'])
  kit.input(0).row([3, 'a', 1], rowKind.insert)
  kit.advance(40)
  kit.input(0).watermark(99)
  expect(kit.out.log).toEqual(['+I a, 2, 0, 100', '-U a, 2, 0, 100', '+U a, 3, 0, 100', 'W 99'])
})

test('CUMULATE fires at every step after the first row, also without news; a late row counts from the next step', () => {
  const kit = kitOf(
    node({ ...base, kind: 'cumulate', step: 10, size: 40, offset: 0 }, [call('COUNT', [])], {
      properties: ['end', 'rowtime'],
    }),
  )
  kit.input(0).row([12, 'a', 1], rowKind.insert)
  kit.input(0).watermark(19)
  kit.input(0).row([3, 'b', 1], rowKind.insert)
  kit.input(0).row([5, 'a', 1], rowKind.insert)
  kit.input(0).watermark(50)
  expect(kit.out.texts).toEqual([
    '+I a, 1, 20, 19',
    '+I a, 2, 30, 29',
    '+I b, 1, 30, 29',
    '+I a, 2, 40, 39',
    '+I b, 1, 40, 39',
  ])
  kit.input(0).row([39, 'a', 1], rowKind.insert)
  expect(kit.late).toEqual([[39, 'a', 1]])
})

test('processing-time windows fire when the clock has passed their end, before the row that comes then', () => {
  for (const spec of [
    { kind: 'tumble', size: 10, offset: 0 },
    { kind: 'session', gap: 10, partition: [1] },
  ] as const) {
    const kit = kitOf(node({ ...spec, time: proctime, zone: undefined }, [call('COUNT', [])]))
    kit.advance(0)
    kit.input(0).row([null, 'a', 1], rowKind.insert)
    kit.advance(9)
    kit.input(0).watermark(1000)
    expect(kit.out.texts).toEqual([])
    kit.restarted()
    kit.advance(10)
    kit.input(0).row([null, 'a', 1], rowKind.insert)
    expect(kit.out.texts).toEqual(['+I a, 1, 0, 10'])
    kit.advance(25)
    expect(kit.out.texts.at(-1)).toBe('+I a, 1, 10, 20')
  }
})

const hour = 3_600_000

test('a day of TIMESTAMP_LTZ is a day of the session zone: 23 hours when the clocks go forward', () => {
  const time = (text: string) => Date.parse(text)
  const kit = kitOf(
    node(
      { time: rowtime, zone: 'Europe/Berlin', kind: 'tumble', size: 24 * hour, offset: 0 },
      [call('COUNT', [])],
      { properties: ['start', 'end', 'rowtime'] },
    ),
  )
  // 2024-03-31 in Berlin is from 2024-03-30T23:00Z to 2024-03-31T22:00Z.
  kit.input(0).row([time('2024-03-30T22:59:59.999Z'), 'a', 1], rowKind.insert)
  kit.input(0).row([time('2024-03-30T23:00:00Z'), 'b', 1], rowKind.insert)
  kit.input(0).row([time('2024-03-31T21:59:59.999Z'), 'b', 1], rowKind.insert)
  kit.input(0).row([time('2024-03-31T22:00:00Z'), 'c', 1], rowKind.insert)
  kit.input(0).watermark(time('2024-03-31T21:59:59.998Z'))
  expect(kit.out.rows.map((row) => row[0])).toEqual(['a'])
  kit.input(0).watermark(time('2024-03-31T21:59:59.999Z'))
  expect(kit.out.rows[1]).toEqual([
    'b',
    2,
    time('2024-03-31T00:00:00Z'),
    time('2024-04-01T00:00:00Z'),
    time('2024-03-31T21:59:59.999Z'),
  ])
})

test('windows that stand in the rows fire by their end, each with its own start', () => {
  const fields = [
    ...eventSchema.fields,
    ...['s', 'e'].map((name) => ({ name, type: types[0]!, nullable: false })),
  ]
  const kit = kitOf(
    node({ kind: 'assigned', start: 3, end: 4, time: rowtime }, [call('SUM', [v])], {
      input: { ...eventInput(), schema: { fields } },
    }),
  )
  for (const [value, start] of [
    [1, 0],
    [2, 5],
    [4, 0],
  ] as const)
    kit.input(0).row([9, 'a', value, start, 10], rowKind.insert)
  kit.restarted()
  kit.input(0).watermark(9)
  kit.input(0).row([9, 'a', 1, 0, 10], rowKind.insert)
  expect(kit.out.texts).toEqual(['+I a, 5, 0, 10', '+I a, 2, 5, 10'])
  expect(kit.late.length).toBe(1)
})

test('groups by other columns lie within the sessions of the partition', () => {
  const kit = kitOf(
    node({ ...base, kind: 'session', gap: 5, partition: [1] }, [call('COUNT', [])], { keys: [2] }),
  )
  for (const row of [
    [1, 'a', 7],
    [9, 'a', 7],
    [2, 'b', 7],
    [5, 'a', 8],
  ] satisfies Row[])
    kit.input(0).row(row, rowKind.insert)
  kit.restarted()
  kit.input(0).watermark(Number.POSITIVE_INFINITY)
  // a is one session from 1 to 9, because 5 joins its ends; b is one of its own.
  expect(kit.out.texts).toEqual(['+I 7, 1, 2, 7', '+I 7, 2, 1, 14', '+I 8, 1, 1, 14'])
})

test('a row without a time fails', () => {
  const kit = kitOf(node({ ...base, kind: 'tumble', size: 10, offset: 0 }, [call('COUNT', [])]))
  kit.input(0).row([null, 'a', 1], rowKind.insert)
  expect(kit.failures.map(({ error }) => error.name)).toEqual(['NotNullViolation'])
})
