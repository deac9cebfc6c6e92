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
    else if (event.kind === 'watermark') {
      watermark = event.time
      kit.input(0).watermark(event.time)
    } else {
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
