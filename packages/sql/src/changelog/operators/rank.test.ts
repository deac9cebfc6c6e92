/** Top-N, limits, deduplication, normalization: laws against the plain definition, and the order of changes. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DedupNode, LimitNode, NormalizeNode, RankNode } from '../plan.ts'
import { type Row, rowKind } from '../row.ts'
import { accumulate, makeTestContext } from '../testing/test-context.ts'
import { sameRow, valueKey } from '../value.ts'
import { makeDedup } from './dedup.ts'
import { makeLimit } from './limit.ts'
import { makeNormalize } from './normalize.ts'
import { makeRank } from './rank.ts'
import { column, input, proctime, rowtime, sampleRow, sorted, sortKey, span, traits } from './rank-samples.ts'

const { insert, updateBefore, updateAfter } = rowKind
const remove = rowKind.delete
const schema = { fields: [] }
const seed = Number(process.env.FC_SEED ?? 20240131)

function rankNode(
  changes: 'append' | 'retract',
  range: { from: number; to: number },
  number: boolean,
  parts: Partial<RankNode> = {},
): RankNode {
  const order = [sortKey(column.value, true)]
  return {
    kind: 'rank',
    input: input(changes),
    partition: [column.key],
    order,
    ...range,
    number,
    ttl: 0,
    schema,
    traits,
    span,
    ...parts,
  }
}

function kitOf(node: RankNode) {
  return makeTestContext({ make: (context, out) => makeRank(node, context, out) })
}

function text(rows: readonly Row[]): string[] {
  return rows.map((row) => row.map(valueKey).join('')).sort()
}

function naive(node: RankNode, rows: readonly Row[]): Row[] {
  return ['a', 'b'].flatMap((key) =>
    sorted(
      rows.filter((row) => row[0] === key),
      node.order,
    )
      .map((row, at) => ({ row, number: at + 1 }))
      .filter(({ number }) => number >= node.from && number <= node.to)
      .map(({ row, number }) => (node.number ? [...row, number] : row)),
  )
}

const orders = fc.constantFrom(
  [sortKey(column.value, true)],
  [sortKey(column.value)],
  [sortKey(column.value, false, true), sortKey(column.time, true)],
  [sortKey(column.time)],
)
const ranges = fc.constantFrom({ from: 1, to: 1 }, { from: 1, to: 3 }, { from: 2, to: 3 }, { from: 3, to: 3 })
const operations = fc.array(fc.tuple(sampleRow, fc.nat(9), fc.integer({ min: 0, max: 9 })), { maxLength: 30 })

test('changes add up to the top rows of those that remain, also after restarts', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('append' as const, 'retract' as const),
      ranges,
      fc.boolean(),
      orders,
      operations,
      (changes, range, number, order, list) => {
        // That it should be a key is no more than a hint where to look.
        const key = number ? [[column.id]] : []
        const of = input(changes)
        const withKey = { ...of, traits: { ...of.traits, keys: key } }
        const node = rankNode(changes, range, number, { order, input: withKey })
        const kit = kitOf(node)
        const rows: Row[] = []
        for (const [row, back, event] of list) {
          const gone = rows[back]
          if (changes === 'retract' && gone !== undefined && event < 5) {
            // Of equal rows the first one goes.
            rows.splice(
              rows.findIndex((each) => sameRow(each, gone)),
              1,
            )
            kit.input(0).row(gone, event % 2 === 0 ? remove : updateBefore)
          } else {
            rows.push(row)
            kit.input(0).row(row, changes === 'retract' && event % 2 === 1 ? updateAfter : insert)
          }
          // An update may wait for its second half, but not when someone looks.
          if (event > 2) kit.operator().flush?.()
          if (event === 3) kit.restarted()
          if (event === 7) kit.restarted('snapshot')
          if (event < 3) continue
          expect(accumulate(kit.out.rows, kit.out.kinds)).toEqual(text(naive(node, rows)))
        }
      },
    ),
    { numRuns: 400, seed },
  )
})

const row = (key: string, value: number | null, id = 0, time = 0): Row => [key, time, value, id]

test('with the number each rank that has another row is put out again', () => {
  const kit = kitOf(rankNode('append', { from: 1, to: 2 }, true))
  for (const value of [5, 7, 6, 1]) kit.input(0).row(row('a', value), insert)
  expect(kit.out.texts).toEqual([
    ...['+I a, 0, 5, 0, 1'],
    ...['-U a, 0, 5, 0, 1', '+U a, 0, 7, 0, 1', '+I a, 0, 5, 0, 2'],
    ...['-U a, 0, 5, 0, 2', '+U a, 0, 6, 0, 2'],
  ])
})

test('without the number -D of the one pushed out comes before +I of the new one; ties stay with the earlier arrival', () => {
  const kit = kitOf(rankNode('append', { from: 1, to: 2 }, false))
  for (const [value, id] of [
    [5, 1],
    [7, 2],
    [6, 3],
    [6, 4],
  ])
    kit.input(0).row(row('a', value!, id), insert)
  expect(kit.out.texts).toEqual(['+I a, 0, 5, 1', '+I a, 0, 7, 2', '-D a, 0, 5, 1', '+I a, 0, 6, 3'])
})

test('rows move up when one is taken back', () => {
  const numbered = kitOf(rankNode('retract', { from: 1, to: 2 }, true))
  const plain = kitOf(rankNode('retract', { from: 1, to: 2 }, false))
  for (const kit of [numbered, plain]) {
    for (const value of [9, 8, 7]) kit.input(0).row(row('a', value), insert)
    kit.out.clear()
    kit.input(0).row(row('a', 9), remove)
    kit.input(0).row(row('a', 3), remove)
    kit.input(0).row(row('a', 8), remove)
    kit.input(0).row(row('a', 7), remove)
  }
  expect(numbered.out.texts).toEqual([
    ...['-U a, 0, 9, 0, 1', '+U a, 0, 8, 0, 1', '-U a, 0, 8, 0, 2', '+U a, 0, 7, 0, 2'],
    ...['-U a, 0, 8, 0, 1', '+U a, 0, 7, 0, 1', '-D a, 0, 7, 0, 2'],
    ...['-D a, 0, 7, 0, 1'],
  ])
  expect(plain.out.texts).toEqual(['-D a, 0, 9, 0', '+I a, 0, 7, 0', '-D a, 0, 8, 0', '-D a, 0, 7, 0'])
})

test('an update is one change: what is the same before and after it does not come out', () => {
  const run = (number: boolean) => {
    const kit = kitOf(rankNode('retract', { from: 1, to: 2 }, number))
    for (const value of [9, 7, 5]) kit.input(0).row(row('a', value), insert)
    kit.out.clear()
    const update = (before: number, after: number) => {
      kit.input(0).row(row('a', before), updateBefore)
      kit.input(0).row(row('a', after), updateAfter)
    }
    update(9, 10)
    update(10, 6)
    update(5, 4)
    kit.input(0).row(row('a', 7), updateBefore)
    kit.input(0).watermark(0)
    return kit.out.log
  }
  expect(run(true)).toEqual([
    ...['-U a, 0, 9, 0, 1', '+U a, 0, 10, 0, 1'],
    ...['-U a, 0, 10, 0, 1', '+U a, 0, 7, 0, 1', '-U a, 0, 7, 0, 2', '+U a, 0, 6, 0, 2'],
    ...['-U a, 0, 7, 0, 1', '+U a, 0, 6, 0, 1', '-U a, 0, 6, 0, 2', '+U a, 0, 4, 0, 2', 'W 0'],
  ])
  expect(run(false)).toEqual([
    ...[
      '-U a, 0, 9, 0',
      '+U a, 0, 10, 0',
      '-U a, 0, 10, 0',
      '+U a, 0, 6, 0',
      '-D a, 0, 7, 0',
      '+I a, 0, 4, 0',
    ],
    'W 0',
  ])
})

test('a partition is forgotten after its time to live', () => {
  for (const changes of ['append', 'retract'] as const) {
    const kit = kitOf(rankNode(changes, { from: 1, to: 1 }, false, { ttl: 1000 }))
    kit.input(0).row(row('a', 5), insert)
    kit.advance(5000)
    kit.input(0).row(row('a', 1), insert)
    expect(kit.out.texts).toEqual(['+I a, 0, 5, 0', '+I a, 0, 1, 0'])
  }
})

test('a limit passes the first rows, and the next one when one of them leaves', () => {
  const node = (changes: 'append' | 'retract', offset: number, limit: number): LimitNode => {
    return { kind: 'limit', input: input(changes), offset, limit, schema, traits, span }
  }
  const kit = makeTestContext({ make: (context, out) => makeLimit(node('append', 1, 2), context, out) })
  for (const value of [1, 2, 3, 4]) {
    kit.input(0).row(row('a', value), insert)
    kit.restarted()
  }
  expect(kit.out.texts).toEqual(['+I a, 0, 2, 0', '+I a, 0, 3, 0'])
  const retract = makeTestContext({ make: (context, out) => makeLimit(node('retract', 0, 2), context, out) })
  for (const value of [1, 2, 3]) retract.input(0).row(row('a', value), insert)
  retract.input(0).row(row('a', 1), remove)
  expect(retract.out.texts).toEqual(['+I a, 0, 1, 0', '+I a, 0, 2, 0', '-D a, 0, 1, 0', '+I a, 0, 3, 0'])
})

function dedupNode(parts: Partial<DedupNode>): DedupNode {
  const base = {
    input: input('append'),
    partition: [column.key],
    number: false,
    ttl: 0,
    schema,
    traits,
    span,
  }
  return { kind: 'dedup', time: rowtime, keep: 'last', ...base, ...parts }
}

test('dedup keeps the row that the definition names, whatever the order of arrival', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('first' as const, 'last' as const),
      fc.constantFrom(rowtime, proctime),
      fc.array(fc.tuple(sampleRow, fc.nat(5)), { maxLength: 20 }),
      (keep, time, list) => {
        const node = dedupNode({ keep, time })
        const kit = makeTestContext({ make: (context, out) => makeDedup(node, context, out) })
        const rows: Row[] = []
        for (const [each, event] of list) {
          rows.push(each)
          kit.input(0).row(each, insert)
          if (event === 1) kit.restarted()
          const kept = ['a', 'b'].flatMap((key) => {
            const own = rows.filter((one) => one[0] === key)
            const byTime = time.kind === 'rowtime' ? sorted(own, [sortKey(column.time)]) : own
            return byTime.slice(keep === 'first' ? 0 : -1).slice(0, 1)
          })
          expect(accumulate(kit.out.rows, kit.out.kinds)).toEqual(text(kept))
        }
      },
    ),
    { numRuns: 150, seed },
  )
})

test('dedup: order of changes, ties, and rows without a time', () => {
  const run = (parts: Partial<DedupNode>, rows: readonly Row[]) => {
    const kit = makeTestContext({ make: (context, out) => makeDedup(dedupNode(parts), context, out) })
    for (const each of rows) kit.input(0).row(each, insert)
    return kit
  }
  const rows = [row('a', 1, 0, 5), row('a', 2, 0, 5), row('a', 3, 0, 4), row('a', 3, 0, 4)]
  expect(run({ keep: 'last' }, rows).out.texts).toEqual([
    ...['+I a, 5, 1, 0', '-U a, 5, 1, 0', '+U a, 5, 2, 0'],
  ])
  expect(run({ keep: 'first', number: true }, rows).out.texts).toEqual([
    ...['+I a, 5, 1, 0, 1', '-U a, 5, 1, 0, 1', '+U a, 4, 3, 0, 1'],
  ])
  expect(run({ keep: 'first', time: proctime }, rows).out.texts).toEqual(['+I a, 5, 1, 0'])
  const failed = run({}, [['a', null, 1, 0]])
  expect(failed.failures.length).toBe(1)
  expect(failed.out.texts).toEqual([])
})

test('normalize makes a complete changelog of the last row of each key', () => {
  const node: NormalizeNode = {
    kind: 'normalize',
    input: input('retract'),
    key: [column.key],
    schema,
    traits,
    span,
  }
  const kit = makeTestContext({ make: (context, out) => makeNormalize(node, context, out) })
  kit.input(0).row(row('a', 1), updateAfter)
  kit.input(0).row(row('a', 2), insert)
  kit.restarted()
  kit.input(0).row(row('a', 2), updateAfter)
  kit.input(0).row(row('b', 1), remove)
  kit.input(0).row(row('a', null), remove)
  kit.input(0).row(row('a', 3), insert)
  expect(kit.out.texts).toEqual([
    ...['+I a, 0, 1, 0', '-U a, 0, 1, 0', '+U a, 0, 2, 0', '-D a, 0, 2, 0', '+I a, 0, 3, 0'],
  ])
})
