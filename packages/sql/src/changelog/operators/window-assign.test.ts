import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { WindowSpec } from '../plan.ts'
import { type Row, rowKind } from '../row.ts'
import { makeTestContext, type TestContext } from '../testing/test-context.ts'
import { makeWindowAssign } from './window-assign.ts'
import { eventInput, expectedWindows, someEvents } from './window-samples.ts'

const base = { time: { column: 0, kind: 'rowtime' }, zone: undefined } as const

function kitOf(window: WindowSpec): TestContext {
  return makeTestContext({
    make: (context, out) =>
      makeWindowAssign(
        {
          kind: 'window-assign',
          input: eventInput(),
          window,
          schema: { fields: [] },
          traits: { changes: 'append', times: [], keys: [], window: undefined },
          span: { start: 0, end: 0 },
        },
        context,
        out,
      ),
  })
}

function put(kit: TestContext, rows: readonly Row[]): void {
  for (const row of rows) kit.input(0).row(row, rowKind.insert)
}

test('each row comes out once for each of its windows, by end, at once and also behind the watermark', () => {
  const kit = kitOf({ ...base, kind: 'hop', slide: 5, size: 10, offset: 0 })
  put(kit, [[7, 'a', 1]])
  expect(kit.out.texts).toEqual(['+I 7, a, 1, 0, 10, 9', '+I 7, a, 1, 5, 15, 14'])
  kit.input(0).watermark(9)
  kit.out.clear()
  put(kit, [[7, 'b', 1]])
  expect(kit.out.texts).toEqual(['+I 7, b, 1, 0, 10, 9', '+I 7, b, 1, 5, 15, 14'])
  expect(kit.late).toEqual([])
})

test('windows before 1970 and with an offset', () => {
  const tumble = kitOf({ ...base, kind: 'tumble', size: 10, offset: 3 })
  put(tumble, [
    [-1, 'a', 1],
    [-7, 'a', 1],
    [3, 'a', 1],
  ])
  expect(tumble.out.rows.map((row) => [row[3], row[4]])).toEqual([
    [-7, 3],
    [-7, 3],
    [3, 13],
  ])
  const cumulate = kitOf({ ...base, kind: 'cumulate', step: 5, size: 15, offset: 0 })
  put(cumulate, [[-8, 'a', 1]])
  expect(cumulate.out.rows.map((row) => [row[3], row[4]])).toEqual([
    [-15, -5],
    [-15, 0],
  ])
})

test('rows of a session come out when it fires, in order of arrival, also after restarts', () => {
  fc.assert(
    fc.property(someEvents, fc.constantFrom(1, 3, 6), (events, gap) => {
      const spec: WindowSpec = { ...base, kind: 'session', gap, partition: [1] }
      const kit = kitOf(spec)
      let watermark: number | undefined
      for (const event of events) {
        if (event.kind === 'row') put(kit, [event.row])
        else if (event.kind === 'watermark') {
          watermark = event.time
          kit.input(0).watermark(watermark)
        } else if (event.kind === 'restart') {
          kit.restarted(event.how)
          if (watermark !== undefined) kit.input(0).watermark(watermark)
        }
      }
      // Counted by session, the rows are what an aggregation by session says.
      const { log, late } = expectedWindows(spec, [], events)
      const sessions = kit.out.rows.map((row) => `+I ${row[1] ?? 'NULL'}, ${row[3]}, ${row[4]}`)
      expect(sessions.filter((text, i) => text !== sessions[i - 1])).toEqual(
        log.filter((text) => !text.startsWith('W')),
      )
      expect(kit.late).toEqual(late)
      expect(kit.out.rows.length + late.length).toBe(events.filter(({ kind }) => kind === 'row').length)
      expect(kit.store().rowCount).toBe(0)
    }),
    { numRuns: 150 },
  )
})
