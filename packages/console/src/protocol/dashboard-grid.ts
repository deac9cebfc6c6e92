/**
 * Where tiles lie: on a grid of twelve columns, none over another, and none with room above it, so that what is moved or resized pushes
 * others down and what is taken away is closed up. Pure; the same tiles always come to lie the same way.
 *
 * Cost: each tile is compared with those placed before it, at most 60.
 */
import { dashboardLimits, type Tile } from './dashboards.ts'

const { columns, widthMin, heightMin, heightMax } = dashboardLimits

/** In reading order, each as high as it fits. `first` goes before others that begin in the same row. */
export function settleTiles(tiles: readonly Tile[], first?: string): Tile[] {
  const order = [...tiles].sort(
    (a, b) => a.y - b.y || Number(b.id === first) - Number(a.id === first) || a.x - b.x,
  )
  const placed: Tile[] = []
  for (const tile of order) {
    const width = clamp(tile.width, widthMin, columns)
    const height = clamp(tile.height, heightMin, heightMax)
    const x = clamp(tile.x, 0, columns - width)
    let y = 0
    let settled = { ...tile, x, y, width, height }
    for (;;) {
      const under = placed.find((other) => doOverlap(settled, other))
      if (under === undefined) break
      y = under.y + under.height
      settled = { ...settled, y }
    }
    placed.push(settled)
  }
  return placed.sort((a, b) => a.y - b.y || a.x - b.x)
}

export function doOverlap(a: Tile, b: Tile): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

/** Beside or below those that are there. */
export function addTile(
  tiles: readonly Tile[],
  { id, chart, width, height }: Pick<Tile, 'id' | 'chart' | 'width' | 'height'>,
): Tile[] {
  const bottom = Math.max(0, ...tiles.map((tile) => tile.y + tile.height))
  for (let y = 0; y <= bottom; y++) {
    for (let x = 0; x + width <= columns; x++) {
      const tile = { id, chart, x, y, width, height }
      if (!tiles.some((other) => doOverlap(tile, other))) return settleTiles([...tiles, tile])
    }
  }
  return settleTiles([...tiles, { id, chart, x: 0, y: bottom, width, height }])
}

export function removeTile(tiles: readonly Tile[], id: string): Tile[] {
  return settleTiles(tiles.filter((tile) => tile.id !== id))
}

export function resizeTile(
  tiles: readonly Tile[],
  id: string,
  size: { readonly width?: number; readonly height?: number },
): Tile[] {
  return settleTiles(
    tiles.map((tile) =>
      tile.id === id
        ? {
            ...tile,
            width: clamp(size.width ?? tile.width, widthMin, columns - tile.x),
            height: clamp(size.height ?? tile.height, heightMin, heightMax),
          }
        : tile,
    ),
    id,
  )
}

/** To a place; what lies there goes down. */
export function moveTile(
  tiles: readonly Tile[],
  id: string,
  to: { readonly x: number; readonly y: number },
): Tile[] {
  return settleTiles(
    tiles.map((tile) =>
      tile.id === id ? { ...tile, x: clamp(to.x, 0, columns - tile.width), y: Math.max(0, to.y) } : tile,
    ),
    id,
  )
}

export type Direction = 'left' | 'right' | 'up' | 'down'

/** By one step, as arrow keys do: sideways by a column; up and down past the next tile that is in the way, since rows close up. */
export function nudgeTile(tiles: readonly Tile[], id: string, direction: Direction): Tile[] {
  const tile = tiles.find((each) => each.id === id)
  if (tile === undefined) return settleTiles(tiles)
  const { x, y, width, height } = tile
  if (direction === 'left') return moveTile(tiles, id, { x: x - 1, y })
  if (direction === 'right') return moveTile(tiles, id, { x: x + 1, y })
  const inColumns = tiles.filter(
    (other) => other.id !== id && other.x < x + width && x < other.x + other.width,
  )
  if (direction === 'up') {
    const above = inColumns.filter((other) => other.y + other.height <= y)
    return moveTile(tiles, id, { x, y: Math.max(0, ...above.map((other) => other.y)) })
  }
  const below = inColumns.filter((other) => other.y >= y + height)
  if (below.length === 0) return settleTiles(tiles)
  const next = below.reduce((a, b) => (b.y < a.y ? b : a))
  // Others close up first, then it goes behind the next one.
  return settleTiles(
    tiles.map((other) => (other.id === id ? { ...other, y: next.y + next.height } : other)),
    id,
  )
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(Math.round(value), min), max)
}
