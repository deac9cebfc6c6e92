/**
 * MATCH_RECOGNIZE. Law: the matches are those of a plain backtracking search over all rows that were not late, whatever the
 * watermarks, and with restarts in between. Then small examples.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Expr } from '../../plan.ts'
import type { MatchNode, MatchReference } from '../plan.ts'
import { type Row, rowKind } from '../row.ts'
import { makeTestContext } from '../testing/test-context.ts'
import { valueKey } from '../value.ts'
import { makeMatch } from './match.ts'
import {
  column,
  columnExpr,
  input,
  proctime,
  rowtime,
  sampleRow,
  sorted,
  sortKey,
  span,
  traits,
} from './rank-samples.ts'

const { insert } = rowKind
const seed = Number(process.env.FC_SEED ?? 20240131)
const end = Number.POSITIVE_INFINITY
type Pattern = MatchNode['pattern'][number]

/** A condition as an expression over a reference, and as a function over the path with the candidate at its end. */
interface Condition {
  readonly name: string
  readonly reference: MatchReference
  /** candidate value op reference value + constant */
  readonly op: '<' | '>='
  readonly constant: number
}
interface Placed {
  readonly row: Row
  readonly variable: string
}

const bigint = { kind: 'BIGINT' } as const
const boolean = { kind: 'BOOLEAN' } as const

function literal(value: number): Expr {
  return { kind: 'literal', value: BigInt(value), type: bigint, nullable: false, span }
}
function call(fn: string, args: readonly Expr[], type: Expr['type']): Expr {
  return { kind: 'call', fn, args, type, nullable: true, span }
}
function reference(index: number): Expr {
  return { kind: 'column', index, type: bigint, nullable: true, span }
}

const value = columnExpr(column.value)
const sumCall = {
  fn: 'SUM',
  args: [value],
  distinct: false,
  filter: undefined,
  type: bigint,
  nullable: true,
  span,
}

function referenceValue(of: MatchReference, path: readonly Placed[]): number | null {
  if (!('variable' in of)) return path.at(-1)!.row[1] as number // A time.
  const rows = path.filter(({ variable }) => of.variable === undefined || variable === of.variable)
  if (of.kind === 'aggregate') {
    const values = rows.map(({ row }) => row[2]).filter((each) => each !== null)
    return values.length === 0 ? null : values.reduce<number>((sum, each) => sum + Number(each), 0)
  }
  const found = of.kind === 'first' ? rows[of.offset] : rows[rows.length - 1 - of.offset]
  if (of.expr.kind !== 'column') throw new Error('references of these tests are columns')
  return found === undefined ? null : (found.row[of.expr.index] as number | null) // A column of numbers.
}

function holds(condition: Condition | undefined, path: readonly Placed[]): boolean {
  if (condition === undefined) return true
  const [left, right] = [path.at(-1)!.row[2] as number | null, referenceValue(condition.reference, path)]
  if (left === null || right === null) return false
  const bound = right + condition.constant
  return condition.op === '<' ? left < bound : left >= bound
}

/** The preferred match from a row on, by trying everything in order of preference. */
function naiveMatch(node: Spec, rows: readonly Row[], from: number): Placed[] | undefined {
  const tryAt = (path: readonly Placed[], position: number, count: number): Placed[] | undefined => {
    const each = node.pattern[position]
    if (each === undefined) return path.length > 0 ? [...path] : undefined
    const row = rows[from + path.length]
    // Times are numbers.
    const inTime =
      row !== undefined && (row[1] as number) - (rows[from]![1] as number) <= (node.within ?? end)
    const longer = row === undefined ? [] : [...path, { row, variable: each.variable }]
    const fits = inTime && count < each.max && holds(node.conditions.get(each.variable), longer)
    const take = () => (fits ? tryAt(longer, position, count + 1) : undefined)
    const leave = () => (count >= each.min ? tryAt(path, position + 1, 0) : undefined)
    if (!each.greedy) return leave() ?? take()
    // A greedy quantifier for several rows never gives one back.
    if (fits && each.max > 1 && each.max > each.min) return take()
    return take() ?? leave()
  }
  return tryAt([], 0, 0)
}

interface Spec {
  readonly pattern: readonly Pattern[]
  readonly conditions: ReadonlyMap<string, Condition>
  readonly skip: MatchNode['skip']
  readonly within: number | undefined
}

function naive(spec: Spec, rows: readonly Row[]): Placed[][] {
  const found: Placed[][] = []
  for (let from = 0; from < rows.length; ) {
    const match = naiveMatch(spec, rows, from)
    if (match === undefined) {
      from++
      continue
    }
    found.push(match)
    const { skip } = spec
    if (!('variable' in skip)) from += skip.kind === 'past-last' ? match.length : 1
    else {
      const places = match.flatMap(({ variable }, at) => (variable === skip.variable ? [at] : []))
      const target = skip.kind === 'to-first' ? places[0] : places.at(-1)
      from += target === undefined || target === 0 ? 1 : target
    }
  }
  return found
}

/** Measures: first, last and sum over all rows, the last of A, the time. */
function nodeOf(spec: Spec, parts: Partial<MatchNode> = {}): MatchNode {
  const all = { variable: undefined, expr: columnExpr(column.id) }
  const references: MatchReference[] = [
    { kind: 'first', ...all, offset: 0 },
    { kind: 'last', ...all, offset: 0 },
    { kind: 'aggregate', variable: undefined, call: sumCall },
    { kind: 'last', variable: 'A', expr: value, offset: 0 },
    { kind: 'match-rowtime' },
    { kind: 'first', variable: 'B', expr: value, offset: 1 },
  ]
  const measures = references.map((_, index) => reference(index))
  const define = [...spec.conditions].map(([variable, { op, constant, reference: right }]) => {
    references.push({ kind: 'last', variable, expr: value, offset: 0 }, right)
    const [left, bound] = [reference(references.length - 2), reference(references.length - 1)]
    return { variable, condition: call(op, [left, call('+', [bound, literal(constant)], bigint)], boolean) }
  })
  return {
    kind: 'match',
    input: input('append'),
    partition: [column.key],
    time: rowtime,
    order: [sortKey(column.time)],
    pattern: spec.pattern,
    define,
    measures,
    references,
    skip: spec.skip,
    within: spec.within,
    schema: { fields: [] },
    traits,
    span,
    ...parts,
  }
}

function resultOf(match: readonly Placed[]): Row {
  const last = match.at(-1)!
  const values = (variable: string | undefined, kind: 'first' | 'last', offset: number) =>
    referenceValue({ kind, variable, expr: value, offset }, match)
  return [
    last.row[0]!,
    match[0]!.row[3]!,
    last.row[3]!,
    referenceValue({ kind: 'aggregate', variable: undefined, call: sumCall }, match),
    values('A', 'last', 0),
    last.row[1]!,
    values('B', 'first', 1),
  ]
}

const names = ['A', 'B', 'C'] as const
const condition: fc.Arbitrary<Condition | undefined> = fc.option(
  fc.record({
    name: fc.constant('c'),
    op: fc.constantFrom('<', '>='),
    constant: fc.integer({ min: -2, max: 3 }),
    reference: fc.oneof(
      fc.record({
        kind: fc.constantFrom('first' as const, 'last' as const),
        variable: fc.option(fc.constantFrom(...names), { nil: undefined }),
        expr: fc.constant(value),
        offset: fc.nat(1),
      }),
      fc.record({
        kind: fc.constant('aggregate' as const),
        variable: fc.option(fc.constantFrom(...names), { nil: undefined }),
        call: fc.constant(sumCall),
      }),
    ),
  }),
  { nil: undefined, freq: 3 },
)
const quantifier = fc.constantFrom([1, 1], [0, end], [1, end], [0, 1], [2, 2], [1, 2], [0, 2], [2, end])
const spec: fc.Arbitrary<Spec> = fc
  .record({
    quantifiers: fc.array(fc.tuple(quantifier, fc.boolean()), { minLength: 1, maxLength: 3 }),
    conditions: fc.tuple(condition, condition, condition),
    skip: fc.constantFrom<MatchNode['skip']>(
      ...[{ kind: 'past-last' as const }, { kind: 'to-next' as const }],
      ...names.flatMap((variable) => [
        { kind: 'to-first' as const, variable },
        { kind: 'to-last' as const, variable },
      ]),
    ),
    within: fc.constantFrom(undefined, undefined, 0, 2, 5),
  })
  .map(({ quantifiers, conditions, skip, within }) => ({
    pattern: quantifiers.map(([[min, max], greedy], at) => ({
      variable: names[at]!,
      min: min!,
      max: max!,
      greedy,
    })),
    conditions: new Map(
      conditions.flatMap((each, at) => (each === undefined ? [] : [[names[at]!, each] as const])),
    ),
    skip,
    within,
  }))

/** All conditions look at the candidate row alone: its value against its id. */
const plainSpec = spec.map((each) => ({
  ...each,
  conditions: new Map(
    [...each.conditions].map(([name, of]) => {
      const own = { kind: 'last' as const, variable: name, expr: columnExpr(column.id), offset: 0 }
      return [name, { ...of, reference: own }]
    }),
  ),
}))

const events = fc.array(fc.oneof({ weight: 5, arbitrary: sampleRow }, fc.integer({ min: 0, max: 3 })), {
  maxLength: 25,
})

function law(of: Spec, list: readonly (Row | number)[], restarts: readonly number[]): void {
  const node = nodeOf(of)
  const kit = makeTestContext({ make: (context, out) => makeMatch(node, context, out) })
  const rows: Row[] = []
  let watermark = -1
  list.forEach((event, at) => {
    if (typeof event === 'number') {
      watermark += event
      kit.input(0).watermark(watermark)
    } else {
      if ((event[1] as number) > watermark) rows.push(event) // Times are numbers.
      kit.input(0).row(event, insert)
    }
    if (restarts.includes(at)) kit.restarted(at % 2 === 0 ? 'changes' : 'snapshot')
  })
  kit.input(0).watermark(end)
  for (const key of ['a', 'b']) {
    const own = sorted(
      rows.filter((row) => row[0] === key),
      node.order,
    )
    const expected = naive(of, own).map(resultOf)
    const found = kit.out.rows.filter((row) => row[0] === key)
    expect(found.map((row) => row.map(valueKey))).toEqual(expected.map((row) => row.map(valueKey)))
  }
}

test.each([
  ['of all kinds', spec],
  ['over the candidate alone', plainSpec],
])('matches are those of a backtracking search, with conditions %s', (_, specs) => {
  fc.assert(fc.property(specs, events, fc.array(fc.nat(25), { maxLength: 2 }), law), { numRuns: 800, seed })
})

const always: Spec = { pattern: [], conditions: new Map(), skip: { kind: 'past-last' }, within: undefined }
const once = (variable: string): Pattern => ({ variable, min: 1, max: 1, greedy: true })

function kitOf(node: MatchNode) {
  return makeTestContext({ make: (context, out) => makeMatch(node, context, out) })
}

test('late rows are dropped, rows of equal time are sorted by the further keys', () => {
  const order = [sortKey(column.time), sortKey(column.value)]
  const kit = kitOf(nodeOf({ ...always, pattern: [once('A'), once('B')] }, { order }))
  kit.input(0).row(['a', 5, 2, 1], insert)
  kit.input(0).row(['a', 5, 1, 2], insert)
  kit.input(0).watermark(5)
  kit.input(0).row(['a', 5, 0, 3], insert)
  expect(kit.out.log).toEqual(['+I a, 2, 1, 3, 1, 5, NULL', 'W 5'])
  expect(kit.late.length).toBe(1)
})

test('a match at the exact limit of WITHIN counts; an open search ends when time has passed it', () => {
  const pattern = [once('A'), { variable: 'B', min: 1, max: end, greedy: false }, once('C')]
  const node = nodeOf({ ...always, pattern, within: 4 })
  const kit = kitOf(node)
  kit.input(0).row(['a', 1, 1, 1], insert)
  kit.input(0).row(['a', 2, 1, 2], insert)
  kit.input(0).row(['a', 5, 1, 3], insert)
  kit.input(0).watermark(5)
  expect(kit.out.texts).toEqual(['+I a, 1, 3, 3, 1, 5, NULL'])
  kit.input(0).row(['b', 6, 1, 1], insert)
  kit.input(0).watermark(9)
  expect(kit.store().rowCount).toBe(1)
  kit.input(0).watermark(10)
  expect(kit.store().rowCount).toBe(0)
})

test('a better way that is open holds a match back until it fails or the input ends', () => {
  const pattern = [once('A'), { variable: 'B', min: 0, max: end, greedy: true }]
  const bigger = { kind: 'last' as const, variable: 'A', expr: value, offset: 0 }
  const conditions = new Map([['B', { name: 'c', op: '>=' as const, constant: 1, reference: bigger }]])
  const kit = kitOf(nodeOf({ ...always, pattern, conditions }))
  kit.input(0).row(['a', 1, 1, 1], insert)
  kit.input(0).row(['a', 2, 2, 2], insert)
  kit.input(0).watermark(2)
  kit.restarted()
  kit.input(0).watermark(2)
  expect(kit.out.texts).toEqual([])
  kit.input(0).row(['a', 3, 0, 3], insert)
  kit.input(0).watermark(3)
  expect(kit.out.texts).toEqual(['+I a, 1, 2, 3, 1, 2, NULL'])
  kit.input(0).watermark(end)
  expect(kit.out.texts.at(-1)).toBe('+I a, 3, 3, 0, 0, 3, NULL')
})

test('by processing time rows count as they come, and WITHIN ends by the clock', () => {
  const node = nodeOf({ ...always, pattern: [once('A'), once('B')], within: 10 }, { time: proctime })
  const kit = kitOf(node)
  kit.input(0).row(['a', 0, 1, 1], insert)
  kit.restarted()
  kit.input(0).row(['a', 10, 2, 2], insert)
  expect(kit.out.texts).toEqual(['+I a, 1, 2, 3, 1, 10, NULL'])
  kit.input(0).row(['a', 20, 1, 1], insert)
  kit.advance(30)
  expect(kit.store().rowCount).toBe(1)
  kit.advance(31)
  expect(kit.store().rowCount).toBe(0)
})

test('a greedy quantifier keeps each row that it can take; ? tries both', () => {
  const small = { kind: 'last' as const, variable: 'A', expr: columnExpr(column.id), offset: 0 }
  const conditions = new Map([['B', { name: 'c', op: '>=' as const, constant: 1, reference: small }]])
  const run = (min: number, max: number) => {
    const pattern = [once('A'), { variable: 'B', min, max, greedy: true }, once('C')]
    const kit = kitOf(nodeOf({ ...always, pattern, conditions }))
    for (const [time, value] of [5, 5, 5, 5, 0].entries()) kit.input(0).row(['a', time, value, 0], insert)
    kit.input(0).watermark(end)
    return kit.out.rows.map((row) => row[5])
  }
  expect(run(0, end)).toEqual([4])
  expect(run(1, 2)).toEqual([3])
  expect(run(0, 1)).toEqual([2, 4])
})

test('a skip to the first row of the match again is reported', () => {
  const skip = { kind: 'to-first' as const, variable: 'A' }
  const kit = kitOf(nodeOf({ ...always, pattern: [once('A'), once('B')], skip }))
  for (const time of [1, 2, 3]) kit.input(0).row(['a', time, time, time], insert)
  kit.input(0).watermark(3)
  expect(kit.out.rows.length).toBe(2)
  expect(kit.failures[0]!.error.message).toContain('the first row of the match again')
})
