/**
 * HOTSPOTS (spec 2.13): over the last `window` rows, the regions in which points lie dense. A point with at least `minPoints`
 * points within `radius` of it (itself counted) is dense; dense points within the radius of each other belong to one
 * hotspot, together with all points within the radius of one of them. Each row comes out with the hotspots as JSON; a
 * hotspot is its box and its density, points by volume. A side of the box that has no length counts as one radius, since a
 * volume of 0 has no density. NULL coordinates count as 0. Cost: O(window) for each row and point, O(window^2) in all.
 */
import type { StateValue } from '../engine/state-values.ts'
import type { RowOperatorSpec, SqlValue } from '../plan.ts'
import type { RowOperator, RowSink } from './row-operator.ts'

type Spec = Extract<RowOperatorSpec, { kind: 'hotspots' }>

export class HotspotRows implements RowOperator {
  readonly #spec: Spec
  readonly #passed: number
  #points: number[][] = []

  constructor(spec: Spec, passed: number) {
    this.#spec = spec
    this.#passed = passed
  }

  get held(): number {
    return this.#points.length
  }

  row(values: readonly SqlValue[], rowtime: number, sink: RowSink): void {
    this.#points.push(pointOf(values.slice(this.#passed)))
    if (this.#points.length > this.#spec.window) this.#points.shift()
    sink.emit([...values.slice(0, this.#passed), JSON.stringify({ hotspots: this.#hotspots() })], rowtime)
  }

  release(): boolean {
    return false
  }

  outputBound(bound: number): number {
    return bound
  }

  save(): StateValue {
    return [...this.#points]
  }

  load(saved: StateValue): void {
    this.#points = saved as unknown as number[][] // What `save` gave.
  }

  #hotspots(): { density: number; minValues: number[]; maxValues: number[] }[] {
    const points = this.#points
    const { radius, minPoints } = this.#spec
    if (points.length < minPoints) return []
    const near = points.map((a) => points.flatMap((b, i) => (isWithin(a, b, radius) ? [i] : [])))
    const dense = near.map((list) => list.length >= minPoints)
    const taken = new Array<boolean>(points.length).fill(false)
    const found: number[][] = []
    dense.forEach((isDense, start) => {
      if (!isDense || taken[start]) return
      const members = new Set<number>()
      const waiting = [start]
      taken[start] = true
      for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
        for (const other of near[at]!) {
          members.add(other)
          if (!dense[other] || taken[other]) continue
          taken[other] = true
          waiting.push(other)
        }
      }
      found.push([...members])
    })
    return found.map((members) => this.#boxOf(members)).sort((a, b) => b.density - a.density)
  }

  #boxOf(members: readonly number[]): { density: number; minValues: number[]; maxValues: number[] } {
    const points = members.map((i) => this.#points[i]!)
    const minValues = points[0]!.map((_, d) => points.reduce((least, p) => Math.min(least, p[d]!), Infinity))
    const maxValues = points[0]!.map((_, d) => points.reduce((most, p) => Math.max(most, p[d]!), -Infinity))
    const volume = minValues.reduce(
      (product, low, d) => product * (maxValues[d]! - low || this.#spec.radius),
      1,
    )
    return { density: points.length / volume, minValues, maxValues }
  }
}

/** Coordinates of a row: numbers as they are, BIGINT rounded to 53 bits. */
export function pointOf(values: readonly SqlValue[]): number[] {
  return values.map((value) =>
    typeof value === 'bigint' ? Number(value) : typeof value === 'number' ? value : 0,
  )
}

function isWithin(a: readonly number[], b: readonly number[], radius: number): boolean {
  let squares = 0
  for (let d = 0; d < a.length; d++) squares += (a[d]! - b[d]!) ** 2
  return squares <= radius * radius
}
