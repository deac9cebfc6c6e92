/** Laws of the grid, over random boards and random changes of them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addTile,
  doOverlap,
  moveTile,
  nudgeTile,
  removeTile,
  resizeTile,
  settleTiles,
} from './dashboard-grid.ts'
import { dashboardLimits, type Tile } from './dashboards.ts'

const seed = Number(process.env.SEED ?? 20_261_121)
const { columns, widthMin, heightMin, heightMax } = dashboardLimits

const tile = fc.record({
  x: fc.integer({ min: -3, max: 14 }),
  y: fc.integer({ min: 0, max: 40 }),
  width: fc.integer({ min: 0, max: 14 }),
  height: fc.integer({ min: 0, max: 30 }),
})
const board = fc
  .array(tile, { maxLength: 12 })
  .map((tiles): Tile[] => tiles.map((place, i) => ({ id: `t${i}`, chart: `c${i}`, ...place })))

const change = fc.oneof(
  fc.record({
    kind: fc.constant('move' as const),
    of: fc.nat(11),
    x: fc.integer({ min: -2, max: 13 }),
    y: fc.nat(40),
  }),
  fc.record({ kind: fc.constant('resize' as const), of: fc.nat(11), width: fc.nat(14), height: fc.nat(30) }),
  fc.record({
    kind: fc.constant('nudge' as const),
    of: fc.nat(11),
    to: fc.constantFrom('left' as const, 'right' as const, 'up' as const, 'down' as const),
  }),
  fc.record({
    kind: fc.constant('add' as const),
    width: fc.integer({ min: 2, max: 12 }),
    height: fc.integer({ min: 3, max: 9 }),
  }),
  fc.record({ kind: fc.constant('remove' as const), of: fc.nat(11) }),
)
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

function changed(tiles: readonly Tile[], change: Change, n: number): Tile[] {
  switch (change.kind) {
    case 'move':
      return moveTile(tiles, `t${change.of}`, change)
    case 'resize':
      return resizeTile(tiles, `t${change.of}`, change)
    case 'nudge':
      return nudgeTile(tiles, `t${change.of}`, change.to)
    case 'add':
      return addTile(tiles, { ...change, id: `new${n}`, chart: 'c' })
    case 'remove':
      return removeTile(tiles, `t${change.of}`)
  }
}

/** In reading order, so that boards can be compared. */
function assertSettled(tiles: readonly Tile[]): void {
  for (const [i, each] of tiles.entries()) {
    expect(each.x).toBeGreaterThanOrEqual(0)
    expect(each.x + each.width).toBeLessThanOrEqual(columns)
    expect(each.width).toBeGreaterThanOrEqual(widthMin)
    expect(each.height).toBeGreaterThanOrEqual(heightMin)
    expect(each.height).toBeLessThanOrEqual(heightMax)
    for (const other of tiles.slice(0, i)) expect(doOverlap(each, other)).toBe(false)
    // No room above: it stands at the top, or on another one.
    const higher = { ...each, y: each.y - 1 }
    expect(each.y === 0 || tiles.some((other) => other.id !== each.id && doOverlap(higher, other))).toBe(true)
  }
}

describe(`the grid (seed ${seed})`, () => {
  it('after any changes no tile lies over another, outside, or with room above it, and settling changes nothing more', () => {
    fc.assert(
      fc.property(board, fc.array(change, { maxLength: 8 }), (tiles, changes) => {
        let now = settleTiles(tiles)
        changes.forEach((each, n) => {
          now = changed(now, each, n)
        })
        assertSettled(now)
        expect(settleTiles(now)).toEqual(now)
        const removed = changes.filter(({ kind }) => kind === 'remove').length
        const added = changes.filter(({ kind }) => kind === 'add').length
        expect(now.length).toBeLessThanOrEqual(tiles.length + added)
        expect(now.length).toBeGreaterThanOrEqual(tiles.length + added - removed)
      }),
      { seed },
    )
  })

  it('a step down and a step up lead back where tiles are as wide as the grid', () => {
    const full = (id: string, y: number): Tile => ({ id, chart: id, x: 0, y, width: 12, height: 4 })
    const three = [full('a', 0), full('b', 4), full('c', 8)]
    const down = nudgeTile(three, 'a', 'down')
    expect(down.map(({ id }) => id)).toEqual(['b', 'a', 'c'])
    expect(nudgeTile(down, 'a', 'up')).toEqual(three)
    expect(nudgeTile(three, 'c', 'down')).toEqual(three)
    expect(nudgeTile(three, 'a', 'up')).toEqual(three)
  })

  it('a wider tile pushes its neighbour down, and what is added fills the first gap', () => {
    const two: Tile[] = [
      { id: 'a', chart: 'a', x: 0, y: 0, width: 6, height: 6 },
      { id: 'b', chart: 'b', x: 6, y: 0, width: 6, height: 6 },
    ]
    const wider = resizeTile(two, 'a', { width: 8 })
    expect(wider.map(({ id, y, width }) => [id, y, width])).toEqual([
      ['a', 0, 8],
      ['b', 6, 6],
    ])
    expect(
      addTile(wider, { id: 'c', chart: 'c', width: 4, height: 6 }).find(({ id }) => id === 'c'),
    ).toMatchObject({
      x: 8,
      y: 0,
    })
  })
})
