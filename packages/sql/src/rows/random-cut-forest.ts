/**
 * RANDOM_CUT_FOREST and its WITH_EXPLANATION form (spec 2.13): each row is a point of the numeric columns of the last `shingle`
 * rows, and gets a score of how far it stands apart from what each tree of the forest has sampled. The first `sample` rows
 * score 0 while the forest learns; the same for rows that complete no shingle yet. A row is scored before it is learnt.
 *
 * Each tree keeps `sample` points, drawn so that a point's weight falls by a factor of e with every `timeDecay` rows: a point
 * gets the key ln(-ln u) - row / timeDecay with u random, and the smallest keys stay. Random numbers follow from the seed
 * and the number of the row, so that a run can be repeated and continued. NULL coordinates count as 0.
 */
import { randomAt } from '@millrace/values'
import type { StateValue } from '../engine/state-values.ts'
import type { RowOperatorSpec, SqlValue } from '../plan.ts'
import { pointOf } from './hotspots.ts'
import { type Point, RandomCutTree, type SavedTree, type Shares } from './random-cut-tree.ts'
import type { RowOperator, RowSink } from './row-operator.ts'

type Spec = Extract<RowOperatorSpec, { kind: 'random-cut-forest' }>

interface Sampled {
  readonly key: number
  readonly point: Point
}

class SampledTree {
  readonly tree = new RandomCutTree()
  /** A heap with the largest key first: the point that leaves next. */
  sample: Sampled[] = []
}

export class RandomCutForestRows implements RowOperator {
  readonly #spec: Spec
  readonly #passed: number
  readonly #trees: readonly SampledTree[]
  /** Rows so far. */
  #count = 0
  /** Coordinates of the last rows, the oldest first. */
  #recent: number[][] = []

  constructor(spec: Spec, passed: number) {
    this.#spec = spec
    this.#passed = passed
    this.#trees = Array.from({ length: spec.trees }, () => new SampledTree())
  }

  get held(): number {
    return this.#trees.reduce((sum, { sample }) => sum + sample.length, 0)
  }

  row(values: readonly SqlValue[], rowtime: number, sink: RowSink): void {
    const { sample, shingle, explained } = this.#spec
    const width = values.length - this.#passed
    this.#recent.push(pointOf(values.slice(this.#passed)))
    if (this.#recent.length > shingle) this.#recent.shift()
    const shares: Shares = {
      high: new Float64Array(width * shingle),
      low: new Float64Array(width * shingle),
    }
    const isComplete = this.#recent.length === shingle
    const point = isComplete ? this.#recent.flat() : undefined
    if (point !== undefined && this.#count >= sample)
      for (const { tree } of this.#trees) tree.addScore(point, shares)
    if (point !== undefined) this.#learn(point)
    this.#count++
    const perTree = 1 / this.#trees.length
    const [high, low] = [byColumn(shares.high, width, perTree), byColumn(shares.low, width, perTree)]
    let score = 0
    for (let d = 0; d < width; d++) score += high[d]! + low[d]!
    const passed = values.slice(0, this.#passed)
    if (explained === undefined) sink.emit([...passed, score], rowtime)
    else sink.emit([...passed, score, explanation(explained, high, low)], rowtime)
  }

  release(): boolean {
    return false
  }

  outputBound(bound: number): number {
    return bound
  }

  save(): StateValue {
    // Nested flat: a tree is a list of pairs.
    return [
      this.#count,
      [...this.#recent],
      this.#trees.map(({ tree, sample }) => [tree.save(), sample.map(({ key, point }) => [key, point])]),
    ]
  }

  load(saved: StateValue): void {
    // What `save` gave.
    const [count, recent, trees] = saved as unknown as [number, number[][], [SavedTree, [number, Point][]][]]
    this.#count = count
    this.#recent = recent
    this.#trees.forEach((each, i) => {
      const [tree, sample] = trees[i]!
      each.tree.load(tree)
      each.sample = sample.map(([key, point]) => ({ key, point }))
    })
  }

  #learn(point: Point): void {
    const { sample, timeDecay, seed } = this.#spec
    this.#trees.forEach((each, t) => {
      const random = randomAt(seed, this.#count * this.#trees.length + t)
      // next() may be 0, whose logarithm has no value.
      const key = Math.log(-Math.log(random.next() + 2 ** -60)) - this.#count / timeDecay
      const heap = each.sample
      if (heap.length >= sample) {
        if (key >= heap[0]!.key) return
        each.tree.remove(heap[0]!.point)
        heap[0] = { key, point }
        sink(heap)
      } else {
        heap.push({ key, point })
        rise(heap)
      }
      each.tree.insert(point, random)
    })
  }
}

function byColumn(shares: Float64Array, width: number, factor: number): number[] {
  const sums = new Array<number>(width).fill(0)
  shares.forEach((share, i) => {
    sums[i % width]! += share * factor
  })
  return sums
}

/** Shares of the score by column, as texts with four decimals; the direction is where the point stands out, LOW if nowhere, and its strength how clearly. */
function explanation(names: readonly string[], high: readonly number[], low: readonly number[]): string {
  const columns = names.map((name, d) => {
    const [up, down] = [high[d]!, low[d]!]
    const strength = up + down === 0 ? 0 : Math.abs(up - down) / (up + down)
    return [
      name,
      {
        DIRECTION: up > down ? 'HIGH' : 'LOW',
        STRENGTH: strength.toFixed(4),
        ATTRIBUTION_SCORE: (up + down).toFixed(4),
      },
    ]
  })
  return JSON.stringify(Object.fromEntries(columns))
}

function rise(heap: Sampled[]): void {
  let at = heap.length - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (heap[parent]!.key >= heap[at]!.key) return
    swap(heap, at, parent)
    at = parent
  }
}

function sink(heap: Sampled[]): void {
  let at = 0
  for (;;) {
    let largest = at
    for (const child of [2 * at + 1, 2 * at + 2]) {
      if (child < heap.length && heap[child]!.key > heap[largest]!.key) largest = child
    }
    if (largest === at) return
    swap(heap, at, largest)
    at = largest
  }
}

function swap(heap: Sampled[], a: number, b: number): void {
  const kept = heap[a]!
  heap[a] = heap[b]!
  heap[b] = kept
}
