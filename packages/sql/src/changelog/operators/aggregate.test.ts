import fc from 'fast-check'
import { expect, test } from 'vitest'
import { call, column, naive, sampleRow, sampleSchema, setCall } from '../aggregates/aggregate-samples.ts'
import type { AggregateCall, AggregateNode, ChangelogNode } from '../plan.ts'
import { type Row, type RowKind, rowKind } from '../row.ts'
import { accumulate, makeTestContext } from '../testing/test-context.ts'
import { sameRow, valueKey } from '../value.ts'
import { makeAggregate } from './aggregate.ts'

const span = { start: 0, end: 0 }

function node(
  keys: readonly number[],
  calls: readonly AggregateCall[],
  options: { readonly ttl?: number; readonly retracts?: boolean } = {},
): AggregateNode {
  const traits = { changes: 'retract', times: [], keys: [], window: undefined } as const
  const input: ChangelogNode = {
    kind: 'source',
    table: 't',
    schema: sampleSchema,
    span,
    traits: { ...traits, changes: options.retracts === false ? 'append' : 'retract' },
  }
  return {
    kind: 'aggregate',
    input,
    keys,
    calls,
    ttl: options.ttl ?? 0,
    schema: { fields: [] },
    traits,
    span,
  }
}

const { insert, updateBefore, updateAfter } = rowKind
const remove = rowKind.delete

function kitOf(of: AggregateNode) {
  return makeTestContext({ make: (context, out) => makeAggregate(of, context, out) })
}

function naiveGroups(
  keys: readonly number[],
  calls: readonly AggregateCall[],
  rows: readonly Row[],
): string[] {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const key = keys.map((index) => valueKey(row[index]!)).join('')
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return [...groups.values()]
    .map((group) =>
      [...keys.map((index) => group[0]![index]!), ...calls.map((each) => naive(each, group))]
        .map(valueKey)
        .join(''),
    )
    .sort()
}

/** Spread functions are compared up to rounding elsewhere. */
const exactCall = setCall.filter(({ fn }) => !/^(STDDEV|VAR)/.test(fn))
const updates = fc.array(fc.tuple(sampleRow, fc.nat(7), fc.integer({ min: 0, max: 9 })), { maxLength: 25 })

test('changes add up to the groups of the rows that remain, also after restarts', () => {
  fc.assert(
    fc.property(
      fc.constantFrom([], [4], [5], [0, 5], [6]),
      fc.array(exactCall, { maxLength: 5 }),
      updates,
      (keys, calls, operations) => {
        if (keys.length === 0 && calls.length === 0) return
        const kit = kitOf(node(keys, calls))
        let rows: Row[] = []
        for (const [row, back, event] of operations) {
          const gone = rows[back]
          if (gone !== undefined && event < 5) {
            rows = rows.filter((_, i) => i !== back)
            kit.input(0).row(gone, event % 2 === 0 ? remove : updateBefore)
          } else {
            rows.push(row)
            kit.input(0).row(row, event % 2 === 0 ? insert : updateAfter)
          }
          if (event === 3) kit.restarted()
          if (event === 7) kit.restarted('snapshot')
          expect(accumulate(kit.out.rows, kit.out.kinds)).toEqual(naiveGroups(keys, calls, rows))
        }
      },
    ),
    { numRuns: 120 },
  )
})

test('what is taken back is what was put out, row by row', () => {
  fc.assert(
    fc.property(fc.array(exactCall, { minLength: 1, maxLength: 3 }), updates, (calls, operations) => {
      const kit = kitOf(node([5], calls))
      for (const [row] of operations) kit.input(0).row(row, insert)
      const shown = new Map<string, Row>()
      kit.out.rows.forEach((row, i) => {
        const kind: RowKind = kit.out.kinds[i]!
        const key = valueKey(row[0]!)
        if (kind === updateBefore) expect(sameRow(shown.get(key)!, row)).toBe(true)
        else expect(kind).toBe(shown.has(key) ? updateAfter : insert)
        shown.set(key, row)
      })
    }),
    { numRuns: 50 },
  )
})

const row = (i: number, s: string): Row => [i, 0, 0, 0, s, true, null, 0, 0]

test('a change that changes no value is not put out, unless there is a time to live', () => {
  const max = call('MAX', [column(0)])
  const kit = kitOf(node([4], [max], { retracts: false }))
  for (const i of [2, 1, 3]) kit.input(0).row(row(i, 'a'), insert)
  expect(kit.out.texts).toEqual(['+I a, 2', '-U a, 2', '+U a, 3'])
  const living = kitOf(node([4], [max], { retracts: false, ttl: 1000 }))
  for (const i of [2, 1]) living.input(0).row(row(i, 'a'), insert)
  expect(living.out.texts).toEqual(['+I a, 2', '-U a, 2', '+U a, 2'])
  living.advance(5000)
  living.input(0).row(row(1, 'a'), insert)
  expect(living.out.texts.at(-1)).toBe('+I a, 1')
})

test('a key ends with -D when its last row goes, and so does the group without keys', () => {
  const count = [call('COUNT', []), call('SUM', [column(0)])]
  const keyed = kitOf(node([4], count))
  keyed.input(0).row(row(1, 'a'), insert)
  keyed.input(0).row(row(1, 'a'), remove)
  keyed.input(0).row(row(1, 'b'), remove)
  expect(keyed.out.texts).toEqual(['+I a, 1, 1', '-D a, 1, 1'])
  const global = kitOf(node([], count))
  global.input(0).row(row(1, 'a'), insert)
  global.input(0).row(row(1, 'a'), updateBefore)
  global.input(0).row(row(5, 'a'), updateAfter)
  expect(global.out.texts).toEqual(['+I 1, 1', '-D 1, 1', '+I 1, 5'])
})

test('DISTINCT puts out the first row of each key; over updates -D when the last of it goes', () => {
  const append = kitOf(node([4], [], { retracts: false }))
  for (const s of ['a', 'b', 'a']) append.input(0).row(row(1, s), insert)
  expect(append.out.texts).toEqual(['+I a', '+I b'])
  const updating = kitOf(node([4], []))
  updating.input(0).row(row(1, 'a'), insert)
  updating.input(0).row(row(2, 'a'), insert)
  updating.input(0).row(row(1, 'a'), remove)
  updating.input(0).row(row(2, 'a'), remove)
  expect(updating.out.texts).toEqual(['+I a', '-D a'])
})

test('a row whose argument has no value fails and changes nothing', () => {
  const one = { kind: 'literal', value: 1, type: { kind: 'INTEGER' }, nullable: false, span } as const
  const quotient = { ...one, kind: 'call', fn: '/', args: [one, column(0)], nullable: true } as const
  const kit = kitOf(node([4], [call('COUNT', []), { ...call('SUM', [column(0)]), args: [quotient] }]))
  kit.input(0).row(row(0, 'a'), insert)
  kit.input(0).row(row(1, 'a'), insert)
  kit.input(0).row(row(0, 'a'), insert)
  expect(kit.out.texts).toEqual(['+I a, 1, 1'])
  expect(kit.failures.map(({ error }) => error.name)).toEqual(['DivideByZero', 'DivideByZero'])
})

test('DISTINCT over many changes: restarts find the values, and a commit writes what has changed', () => {
  const distinct = [undefined, column(5)].map((filter) =>
    call('COUNT', [column(0)], { distinct: true, ...(filter === undefined ? {} : { filter }) }),
  )
  const bytes = [call('COUNT', [column(6)], { distinct: true }), call('MIN', [column(6)])]
  const extremes = [call('MAX', [column(0)]), call('MIN', [column(0)], { filter: column(5) })]
  for (const calls of [distinct, distinct.slice(0, 1), bytes, extremes]) {
    const kit = kitOf(node([4], calls))
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 48271) % 2147483647
      return seed % below
    }
    let rows: Row[] = []
    for (let i = 0; i < 1500; i++) {
      const value = random(40)
      const next: Row = [
        value,
        0,
        0,
        0,
        random(2) === 0 ? 'a' : 'b',
        random(2) === 0,
        new Uint8Array([value]),
        0,
        0,
      ]
      const gone = rows.length > 30 ? rows[random(rows.length)] : undefined
      if (gone !== undefined) {
        rows = rows.filter((each) => each !== gone)
        kit.input(0).row(gone, remove)
      }
      rows.push(next)
      kit.input(0).row(next, insert)
      if (i % 50 === 0) kit.restarted(i % 200 === 0 ? 'snapshot' : 'changes')
    }
    expect(accumulate(kit.out.rows, kit.out.kinds)).toEqual(naiveGroups([4], calls, rows))
    for (const each of rows) kit.input(0).row(each, remove)
    expect(kit.store().rowCount).toBe(0)
  }
  const growing = kitOf(node([], distinct.slice(0, 1), { retracts: false }))
  for (let i = 0; i < 20_000; i++) growing.input(0).row(row(i, 'a'), insert)
  growing.restarted()
  const before = growing.logged.bytes
  growing.input(0).row(row(20_000, 'a'), insert)
  growing.restarted()
  expect(growing.logged.bytes - before).toBeLessThan(1500)
})
