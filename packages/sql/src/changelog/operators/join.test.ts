/** Laws and order of regular joins: what comes out adds up to the join by nested loops, after every change. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JoinKind, JoinNode } from '../plan.ts'
import { rowKind } from '../row.ts'
import {
  both,
  call,
  changesOf,
  column,
  equal,
  inputOf,
  integer,
  keysOf,
  less,
  literal,
  type Matches,
  naiveJoin,
  noSpan,
  stepsOf,
} from '../testing/join-kit.ts'
import { accumulate, makeTestContext } from '../testing/test-context.ts'
import { makeJoin } from './join.ts'

const kinds: readonly JoinKind[] = ['inner', 'left', 'right', 'full', 'semi', 'anti']

function joinOf(parts: Partial<JoinNode>): JoinNode {
  const retract = inputOf([integer, integer], { changes: 'retract' })
  const fields = [integer, integer, integer, integer].map((type, i) => ({
    name: `o${i}`,
    type,
    nullable: true,
  }))
  return {
    kind: 'join',
    left: retract,
    right: retract,
    join: 'inner',
    condition: keysOf([false]),
    nullAware: false,
    leftTtl: 0,
    rightTtl: 0,
    schema: { fields },
    traits: { changes: 'retract', times: [], keys: [], window: undefined },
    span: noSpan,
    ...parts,
  }
}

const conditions: readonly {
  readonly name: string
  readonly condition: JoinNode['condition']
  readonly matches: Matches
}[] = [
  { name: 'one key', condition: keysOf([false]), matches: (l, r) => equal(l[0], r[0]) },
  { name: 'a key where NULL equals NULL', condition: keysOf([true]), matches: (l, r) => l[0] === r[0] },
  {
    name: 'two keys',
    condition: keysOf([false, true]),
    matches: (l, r) => both(equal(l[0], r[0]), l[1] === r[1]),
  },
  {
    name: 'a key and more',
    condition: keysOf([false], call('<', [column(1), column(3)])),
    matches: (l, r) => both(equal(l[0], r[0]), less(l[1], r[1])),
  },
  {
    name: 'no key',
    condition: keysOf([], call('<', [column(0), column(3)])),
    matches: (l, r) => less(l[0], r[1]),
  },
]

describe('a regular join adds up to the join of what has come in, after every change', () => {
  for (const join of kinds) {
    for (const { name, condition, matches } of conditions) {
      it(`${join}, ${name}`, () => {
        const node = joinOf({ join, condition })
        fc.assert(
          fc.property(stepsOf(2, ['add', 'add', 'remove', 'update', 'restart']), (steps) => {
            const kit = makeTestContext({ make: (context, out) => makeJoin(node, context, out) })
            const rows: [(typeof steps)[0]['row'][], (typeof steps)[0]['row'][]] = [[], []]
            for (const step of steps) {
              if (step.action === 'restart') kit.restarted(step.pick % 2 === 0 ? 'changes' : 'snapshot')
              else {
                for (const { row, kind } of changesOf(step, rows[step.side]))
                  kit.input(step.side).row(row, kind)
                kit.operator().flush?.()
              }
              expect(accumulate(kit.out.rows, kit.out.kinds)).toEqual(
                naiveJoin(rows[0], rows[1], join, matches),
              )
            }
            for (const side of [0, 1] as const) {
              for (const row of rows[side]) kit.input(side).row(row, rowKind.delete)
            }
            kit.operator().flush?.()
            expect(kit.store().rowCount).toBe(0)
            expect(kit.failures).toEqual([])
          }),
          { numRuns: 40 },
        )
      })
    }
  }

  for (const [name, condition, matches] of [
    ['one column', keysOf([false]), ((l, r) => equal(l[0], r[0])) as Matches],
    [
      'two columns',
      keysOf([false, false]),
      ((l, r) => both(equal(l[0], r[0]), equal(l[1], r[1]))) as Matches,
    ],
    [
      'a comparison that is no key',
      keysOf([], call('=', [column(0), column(2)])),
      ((l, r) => equal(l[0], r[0])) as Matches,
    ],
  ] as const) {
    it(`NOT IN of ${name}`, () => {
      const node = joinOf({ join: 'anti', nullAware: true, condition })
      fc.assert(
        fc.property(stepsOf(2, ['add', 'add', 'remove', 'update', 'restart']), (steps) => {
          const kit = makeTestContext({ make: (context, out) => makeJoin(node, context, out) })
          const rows: [(typeof steps)[0]['row'][], (typeof steps)[0]['row'][]] = [[], []]
          for (const step of steps) {
            if (step.action === 'restart') kit.restarted()
            else {
              for (const { row, kind } of changesOf(step, rows[step.side]))
                kit.input(step.side).row(row, kind)
              kit.operator().flush?.()
            }
            expect(accumulate(kit.out.rows, kit.out.kinds)).toEqual(
              naiveJoin(rows[0], rows[1], 'anti', matches, { nullAware: true }),
            )
          }
        }),
        { numRuns: 80 },
      )
    })
  }

  it('also where a side has one row for each key, or only appends', () => {
    for (const join of kinds) {
      const unique = inputOf([integer, integer], { changes: 'retract', keys: [[0]] })
      const append = inputOf([integer, integer])
      for (const residual of [undefined, call('<', [column(1), column(3)])]) {
        const condition = keysOf([false], residual)
        const matches: Matches = (l, r) =>
          residual === undefined ? equal(l[0], r[0]) : both(equal(l[0], r[0]), less(l[1], r[1]))
        for (const [left, right] of [
          [unique, append],
          [append, unique],
          [unique, unique],
          [append, append],
        ] as const) {
          fc.assert(
            fc.property(stepsOf(2, ['add', 'update', 'remove', 'restart']), (steps) => {
              const kit = makeTestContext({
                make: (context, out) => makeJoin(joinOf({ join, condition, left, right }), context, out),
              })
              const rows: [(typeof steps)[0]['row'][], (typeof steps)[0]['row'][]] = [[], []]
              for (const step of steps) {
                const own = rows[step.side]
                if (step.action === 'restart') {
                  kit.restarted()
                  continue
                }
                const single = [left, right][step.side] === unique
                const taken = single && own.some((row) => row[0] === step.row[0])
                if (single ? taken && step.action === 'add' : step.action !== 'add') continue
                // An update of a unique side keeps the key.
                const at = step.pick % Math.max(1, own.length)
                const row =
                  step.action === 'update' && own.length > 0 ? [own[at]![0]!, step.row[1]!] : step.row
                for (const change of changesOf({ ...step, row }, own))
                  kit.input(step.side).row(change.row, change.kind)
                kit.operator().flush?.()
                const wanted = naiveJoin(rows[0], rows[1], join, matches)
                expect(accumulate(kit.out.rows, kit.out.kinds)).toEqual(wanted)
              }
              if (join === 'inner' && left === append && right === append)
                expect(new Set(kit.out.kinds).size).toBeLessThan(2)
            }),
            { numRuns: 20 },
          )
        }
      }
    }
  })
})

describe('order of changes', () => {
  const run = (parts: Partial<JoinNode>) =>
    makeTestContext({ make: (context, out) => makeJoin(joinOf(parts), context, out) })

  it('left: NULLs at once, replaced by the first match, back after the last', () => {
    const kit = run({ join: 'left' })
    kit.input(0).row([1, 10], rowKind.insert)
    kit.input(1).row([1, 20], rowKind.insert)
    kit.input(1).row([1, 21], rowKind.insert)
    kit.input(1).row([1, 20], rowKind.delete)
    kit.input(1).row([1, 21], rowKind.delete)
    expect(kit.out.texts).toEqual([
      '+I 1, 10, NULL, NULL',
      '-D 1, 10, NULL, NULL',
      '+I 1, 10, 1, 20',
      '+I 1, 10, 1, 21',
      '-D 1, 10, 1, 20',
      '-D 1, 10, 1, 21',
      '+I 1, 10, NULL, NULL',
    ])
  })

  it('full: both sides stand alone first, and copies count', () => {
    const kit = run({ join: 'full' })
    kit.input(1).row([1, 20], rowKind.insert)
    kit.input(1).row([1, 20], rowKind.insert)
    kit.input(0).row([1, 10], rowKind.insert)
    kit.input(0).row([null, 11], rowKind.insert)
    kit.input(0).row([1, 10], rowKind.delete)
    expect(kit.out.texts).toEqual([
      '+I NULL, NULL, 1, 20',
      '+I NULL, NULL, 1, 20',
      '-D NULL, NULL, 1, 20',
      '-D NULL, NULL, 1, 20',
      '+I 1, 10, 1, 20',
      '+I 1, 10, 1, 20',
      '+I NULL, 11, NULL, NULL',
      '-D 1, 10, 1, 20',
      '-D 1, 10, 1, 20',
      '+I NULL, NULL, 1, 20',
      '+I NULL, NULL, 1, 20',
    ])
  })

  it('inner: an update that keeps its key stays an update, another does not', () => {
    const kit = run({ join: 'inner' })
    kit.input(1).row([1, 20], rowKind.insert)
    kit.input(0).row([1, 10], rowKind.insert)
    kit.input(0).row([1, 10], rowKind.updateBefore)
    kit.input(0).row([1, 11], rowKind.updateAfter)
    kit.input(0).row([1, 11], rowKind.updateBefore)
    kit.input(0).row([2, 11], rowKind.updateAfter)
    kit.operator().flush?.()
    expect(kit.out.texts).toEqual([
      '+I 1, 10, 1, 20',
      '-U 1, 10, 1, 20',
      '+U 1, 11, 1, 20',
      '-D 1, 11, 1, 20',
    ])
  })

  it('inner: a +U whose -U had no partner is a +I', () => {
    const kit = run({ join: 'inner', condition: keysOf([false], call('<', [column(1), column(3)])) })
    kit.input(1).row([1, 20], rowKind.insert)
    kit.input(0).row([1, 30], rowKind.insert)
    kit.input(0).row([1, 30], rowKind.updateBefore)
    kit.input(0).row([1, 11], rowKind.updateAfter)
    expect(kit.out.texts).toEqual(['+I 1, 11, 1, 20'])
  })

  it('semi and anti: the first partner and the last one decide', () => {
    for (const [join, texts] of [
      ['semi', ['+I 1, 10', '-D 1, 10']],
      ['anti', ['+I 1, 10', '-D 1, 10', '+I 1, 10']],
    ] as const) {
      const kit = run({ join })
      kit.input(0).row([1, 10], rowKind.insert)
      kit.input(1).row([1, 20], rowKind.insert)
      kit.input(1).row([1, 20], rowKind.insert)
      kit.input(1).row([1, 20], rowKind.delete)
      kit.input(1).row([1, 20], rowKind.delete)
      expect(kit.out.texts).toEqual(texts)
    }
  })

  it('the watermark is the least of both', () => {
    const kit = run({ join: 'inner' })
    kit.input(0).watermark(10)
    kit.input(1).watermark(5)
    kit.input(1).watermark(Number.POSITIVE_INFINITY)
    expect(kit.out.log).toEqual(['W 5', 'W 10'])
  })
})

describe('what fails or is forgotten', () => {
  it('a pair whose condition fails is no match, reported once; a row whose key fails is dropped', () => {
    const quotient = call('/', [literal(1), column(1)], integer)
    const kit = makeTestContext({
      make: (context, out) =>
        makeJoin(
          joinOf({ join: 'left', condition: keysOf([false], call('=', [quotient, column(3)])) }),
          context,
          out,
        ),
    })
    kit.input(1).row([1, 1], rowKind.insert)
    kit.input(0).row([1, 0], rowKind.insert)
    kit.input(0).row([1, 0], rowKind.delete)
    expect(kit.out.texts).toEqual(['+I 1, 0, NULL, NULL', '-D 1, 0, NULL, NULL'])
    expect(kit.failures.map(({ row, error }) => [row, error.name])).toEqual([[[1, 0, 1, 1], 'DivideByZero']])

    const keyed = { leftKeys: [quotient], rightKeys: [column(0)], nullSafe: [false], residual: undefined }
    const other = makeTestContext({
      make: (context, out) => makeJoin(joinOf({ join: 'left', condition: keyed }), context, out),
    })
    other.input(0).row([1, 0], rowKind.insert)
    other.input(0).row([1, 0], rowKind.delete)
    expect(other.out.texts).toEqual([])
    expect(other.failures.map(({ row }) => row)).toEqual([[1, 0]])
  })

  it('a side with a time to live forgets keys; what has come out stays', () => {
    const kit = makeTestContext({
      make: (context, out) => makeJoin(joinOf({ join: 'left', rightTtl: 100 }), context, out),
    })
    kit.input(0).row([1, 10], rowKind.insert)
    kit.input(1).row([1, 20], rowKind.insert)
    kit.advance(200)
    kit.input(1).row([1, 20], rowKind.delete)
    kit.input(1).row([1, 21], rowKind.insert)
    kit.input(0).row([1, 11], rowKind.insert)
    expect(kit.out.texts).toEqual([
      '+I 1, 10, NULL, NULL',
      '-D 1, 10, NULL, NULL',
      '+I 1, 10, 1, 20',
      '+I 1, 10, 1, 21',
      '+I 1, 11, 1, 21',
    ])
  })
})
