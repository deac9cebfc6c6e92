/** Sorting by time and Top-N of windows: against the plain definition, with watermarks in between. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SortNode, WindowColumns, WindowRankNode } from '../plan.ts'
import { type Row, rowKind } from '../row.ts'
import { makeTestContext } from '../testing/test-context.ts'
import { valueKey } from '../value.ts'
import { column, input, proctime, rowtime, sampleRow, sorted, sortKey, span, traits } from './rank-samples.ts'
import { makeSort } from './sort.ts'
import { makeWindowRank } from './window-rank.ts'

const { insert } = rowKind
const seed = Number(process.env.FC_SEED ?? 20240131)
const schema = { fields: [] }
const end = Number.POSITIVE_INFINITY

/** A row, or how far the watermark moves. */
const events = fc.array(fc.oneof({ weight: 4, arbitrary: sampleRow }, fc.integer({ min: 0, max: 4 })), {
  maxLength: 30,
})

function sortNode(parts: Partial<SortNode> = {}): SortNode {
  const order = [sortKey(column.time), sortKey(column.value, true)]
  return { kind: 'sort', input: input('append'), time: rowtime, order, schema, traits, span, ...parts }
}

test('sorted rows come out in order, late ones are those at or before the last one put out', () => {
  fc.assert(
    fc.property(events, fc.nat(20), (list, restart) => {
      const node = sortNode()
      const kit = makeTestContext({ make: (context, out) => makeSort(node, context, out) })
      let [watermark, done] = [-1, Number.NEGATIVE_INFINITY]
      let waiting: Row[] = []
      const expected: Row[] = []
      let late = 0
      const pass = (to: number): void => {
        const ready = sorted(waiting, node.order).filter((row) => (row[1] as number) <= to) // Times are numbers.
        waiting = waiting.filter((row) => (row[1] as number) > to) // As above.
        expected.push(...ready)
        if (ready.length > 0) done = ready.at(-1)![1] as number // As above.
        kit.input(0).watermark(to)
      }
      list.forEach((event, at) => {
        if (typeof event === 'number') {
          watermark += event
          pass(watermark)
        } else {
          if ((event[1] as number) <= done)
            late++ // As above.
          else waiting.push(event)
          kit.input(0).row(event, insert)
        }
        if (at === restart) kit.restarted()
        expect(kit.out.rows.map((row) => row.map(valueKey))).toEqual(expected.map((row) => row.map(valueKey)))
      })
      pass(end)
      expect(kit.out.rows.length).toBe(expected.length)
      expect(kit.late.length).toBe(late)
    }),
    { numRuns: 200, seed },
  )
})

test('by processing time rows pass as they come, and those of a moment are sorted by further keys', () => {
  const plain = sortNode({ time: proctime, order: [sortKey(column.time)] })
  const through = makeTestContext({ make: (context, out) => makeSort(plain, context, out) })
  through.input(0).row(['a', 0, 1, 0], insert)
  expect(through.out.texts).toEqual(['+I a, 0, 1, 0'])
  const node = sortNode({ time: proctime })
  const kit = makeTestContext({ make: (context, out) => makeSort(node, context, out) })
  for (const value of [1, 3, 2]) kit.input(0).row(['a', 0, value, 0], insert)
  kit.restarted()
  expect(kit.out.texts).toEqual([])
  kit.advance(1)
  kit.input(0).row(['a', 1, 9, 0], insert)
  kit.input(0).watermark(end)
  expect(kit.out.rows.map((row) => row[2])).toEqual([3, 2, 1, 9])
})

const window: WindowColumns = {
  start: undefined,
  end: column.time,
  time: undefined,
  spec: { kind: 'tumble', size: 4, offset: 0, zone: undefined, time: rowtime },
}

function windowRankNode(parts: Partial<WindowRankNode> = {}): WindowRankNode {
  return {
    kind: 'window-rank',
    input: input('append', window),
    end: column.time,
    time: 'rowtime',
    partition: [column.key],
    order: [sortKey(column.value, true)],
    from: 1,
    to: 2,
    number: true,
    schema,
    traits,
    span,
    ...parts,
  }
}

test('a window gives its top rows once, when the watermark reaches its end - 1', () => {
  fc.assert(
    fc.property(events, fc.constantFrom([1, 1], [1, 2], [2, 3]), fc.nat(20), (list, range, restart) => {
      const node = windowRankNode({ from: range[0]!, to: range[1]! })
      const kit = makeTestContext({ make: (context, out) => makeWindowRank(node, context, out) })
      const rows: Row[] = []
      // No row fires at it.
      let watermark = -2
      let late = 0
      list.forEach((event, at) => {
        if (typeof event === 'number') {
          watermark += event
          kit.input(0).watermark(watermark)
        } else {
          // The time column stands for the window's end.
          if ((event[1] as number) - 1 <= watermark) late++
          else rows.push(event)
          kit.input(0).row(event, insert)
        }
        if (at === restart) {
          kit.restarted()
          kit.input(0).watermark(watermark)
        }
        expect(kit.out.rows.map((row) => (row[1] as number) - 1).every((fires) => fires <= watermark)).toBe(
          true,
        )
      })
      kit.input(0).watermark(end)
      const groups = new Map<string, Row[]>()
      for (const row of rows) {
        const key = `${row[0]} ${row[1]}`
        groups.set(key, [...(groups.get(key) ?? []), row])
      }
      const expected = [...groups.values()].flatMap((group) =>
        sorted(group, node.order)
          .map((row, place) => [...row, place + 1])
          .slice(node.from - 1, node.to),
      )
      const text = (each: readonly Row[]) => each.map((row) => row.map(valueKey).join('')).sort()
      expect(text(kit.out.rows)).toEqual(text(expected))
      const ends = kit.out.rows.map((row) => row[1] as number)
      expect(ends).toEqual([...ends].sort((a, b) => a - b))
      expect(kit.late.length).toBe(late)
    }),
    { numRuns: 200, seed },
  )
})

test('windows of a zone fire at the instant of their local end; those of processing time by the clock', () => {
  const zoned = { ...window, spec: { ...window.spec, zone: 'Europe/Berlin' } }
  const node = windowRankNode({ input: input('append', zoned), number: false })
  const kit = makeTestContext({ make: (context, out) => makeWindowRank(node, context, out) })
  const hour = 3_600_000
  kit.input(0).row(['a', 24 * hour, 1, 0], insert)
  kit.input(0).watermark(23 * hour - 2)
  expect(kit.out.texts).toEqual([])
  kit.input(0).watermark(23 * hour - 1)
  expect(kit.out.texts).toEqual([`+I a, ${24 * hour}, 1, 0`])
  const byClock = windowRankNode({ time: 'proctime', number: false })
  const clock = makeTestContext({ make: (context, out) => makeWindowRank(byClock, context, out) })
  clock.input(0).row(['a', 10, 1, 0], insert)
  clock.advance(9)
  expect(clock.out.texts).toEqual([])
  clock.advance(10)
  expect(clock.out.texts).toEqual(['+I a, 10, 1, 0'])
})
