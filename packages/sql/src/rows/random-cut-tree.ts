/**
 * One random cut tree over a sample of points (S. Guha, N. Mishra, G. Roy, O. Schrijvers: Robust Random Cut Forest Based
 * Anomaly Detection on Streams, ICML 2016). An inner node cuts its box at a random place of a random side, sides by their
 * length; a point is put in and taken out so that the tree is distributed as if it had been built from the sample anew.
 *
 * The score of a point is the expected depth at which it would be cut off, as a sum over its path: at each node the chance
 * that a cut of the box, extended to the point, parts the two. Each side takes its share of that chance by how far the
 * point lies beyond it, so the shares of all sides add up to the score.
 */
import type { Random } from '@millrace/values'

export type Point = readonly number[]

/** What each side of a point adds to its score, beyond the box upwards (`high`) and downwards (`low`). */
export interface Shares {
  readonly high: Float64Array
  readonly low: Float64Array
}

interface Leaf {
  readonly kind: 'leaf'
  readonly point: Point
  mass: number
  parent: Inner | undefined
}
interface Inner {
  readonly kind: 'inner'
  readonly side: number
  readonly cut: number
  left: TreeNode
  right: TreeNode
  mass: number
  min: number[]
  max: number[]
  parent: Inner | undefined
}
type TreeNode = Leaf | Inner

/** A tree as plain values, nodes in pre-order: [point, mass] or [side, cut]. */
export type SavedTree = readonly (readonly [Point | number, number])[]

export class RandomCutTree {
  #root: TreeNode | undefined

  get mass(): number {
    return this.#root?.mass ?? 0
  }

  insert(point: Point, random: Random): void {
    if (this.#root === undefined) {
      this.#root = { kind: 'leaf', point, mass: 1, parent: undefined }
      return
    }
    let node = this.#root
    for (;;) {
      if (node.kind === 'leaf' && samePoint(node.point, point)) {
        addMass(node, 1)
        break
      }
      const { side, cut } = randomCut(node, point, random)
      const [low, high] = sideOf(node, side)
      const value = point[side]!
      if (cut < low || cut >= high) {
        this.#splitAbove(node, point, side, cut, value <= cut)
        break
      }
      // A cut inside the box parts nothing here; the node keeps its own cut.
      if (node.kind === 'leaf') throw new Error('forest: a cut inside a single point')
      node = point[node.side]! <= node.cut ? node.left : node.right
    }
  }

  remove(point: Point): void {
    let node = this.#root
    while (node !== undefined && node.kind === 'inner')
      node = point[node.side]! <= node.cut ? node.left : node.right
    if (node === undefined) return
    if (node.mass > 1) {
      addMass(node, -1)
      return
    }
    const { parent } = node
    if (parent === undefined) {
      this.#root = undefined
      return
    }
    const sibling = parent.left === node ? parent.right : parent.left
    this.#replace(parent, sibling)
    for (let each = sibling.parent; each !== undefined; each = each.parent) {
      each.mass--
      fitBox(each)
    }
  }

  /** Adds the point's score to `shares`; the caller divides by the number of trees. */
  addScore(point: Point, shares: Shares): void {
    let node = this.#root
    if (node === undefined) return
    const total = Math.log2(node.mass + 1)
    let chance = 1
    let depth = 0
    for (;;) {
      const [extension, length] = beyond(node, point)
      const part = extension > 0 ? extension / length : 0
      if (part > 0) {
        const weight = (chance * part * total) / (depth + 1)
        for (let d = 0; d < point.length; d++) {
          const [low, high] = sideOf(node, d)
          const value = point[d]!
          if (value > high) shares.high[d]! += (weight * (value - high)) / extension
          else if (value < low) shares.low[d]! += (weight * (low - value)) / extension
        }
        chance *= 1 - part
      }
      if (node.kind === 'leaf') {
        if (chance > 0) addSeen(shares, node.mass, this.mass, depth, chance * total)
        break
      }
      if (chance <= 0) break
      node = point[node.side]! <= node.cut ? node.left : node.right
      depth++
    }
  }

  save(): SavedTree {
    const saved: (readonly [Point | number, number])[] = []
    const visit = (node: TreeNode): void => {
      if (node.kind === 'leaf') saved.push([node.point, node.mass])
      else {
        saved.push([node.side, node.cut])
        visit(node.left)
        visit(node.right)
      }
    }
    if (this.#root !== undefined) visit(this.#root)
    return saved
  }

  load(saved: SavedTree): void {
    let at = 0
    const read = (): TreeNode => {
      const [first, second] = saved[at++]!
      if (typeof first !== 'number') return { kind: 'leaf', point: first, mass: second, parent: undefined }
      const left = read()
      const right = read()
      const node = joinNodes(first, second, left, right)
      return node
    }
    this.#root = saved.length === 0 ? undefined : read()
  }

  #splitAbove(node: TreeNode, point: Point, side: number, cut: number, isLeft: boolean): void {
    const { parent } = node
    const leaf: Leaf = { kind: 'leaf', point, mass: 1, parent: undefined }
    const inner = joinNodes(side, cut, isLeft ? leaf : node, isLeft ? node : leaf)
    inner.parent = parent
    if (parent === undefined) this.#root = inner
    else if (parent.left === node) parent.left = inner
    else parent.right = inner
    for (let each = parent; each !== undefined; each = each.parent) {
      each.mass++
      fitBox(each)
    }
  }

  #replace(old: Inner, by: TreeNode): void {
    by.parent = old.parent
    if (old.parent === undefined) this.#root = by
    else if (old.parent.left === old) old.parent.left = by
    else old.parent.right = by
  }
}

function joinNodes(side: number, cut: number, left: TreeNode, right: TreeNode): Inner {
  const inner: Inner = {
    kind: 'inner',
    side,
    cut,
    left,
    right,
    mass: left.mass + right.mass,
    min: [],
    max: [],
    parent: undefined,
  }
  left.parent = inner
  right.parent = inner
  fitBox(inner)
  return inner
}

function addMass(leaf: Leaf, by: 1 | -1): void {
  leaf.mass += by
  for (let node = leaf.parent; node !== undefined; node = node.parent) node.mass += by
}

function fitBox(node: Inner): void {
  const { left, right } = node
  const [leftMin, rightMin] = [minOf(left), minOf(right)]
  const [leftMax, rightMax] = [maxOf(left), maxOf(right)]
  for (let d = 0; d < leftMin.length; d++) {
    node.min[d] = Math.min(leftMin[d]!, rightMin[d]!)
    node.max[d] = Math.max(leftMax[d]!, rightMax[d]!)
  }
}

function minOf(node: TreeNode): readonly number[] {
  return node.kind === 'leaf' ? node.point : node.min
}

function maxOf(node: TreeNode): readonly number[] {
  return node.kind === 'leaf' ? node.point : node.max
}

function sideOf(node: TreeNode, side: number): readonly [number, number] {
  return node.kind === 'leaf' ? [node.point[side]!, node.point[side]!] : [node.min[side]!, node.max[side]!]
}

/** How far the point lies outside the node's box, all sides added, and the length of the extended box. */
function beyond(node: TreeNode, point: Point): readonly [number, number] {
  const [min, max] = [minOf(node), maxOf(node)]
  let extension = 0
  let length = 0
  for (let d = 0; d < point.length; d++) {
    const value = point[d]!
    const out = value > max[d]! ? value - max[d]! : value < min[d]! ? min[d]! - value : 0
    extension += out
    length += max[d]! - min[d]! + out
  }
  return [extension, length]
}

/** A cut of the node's box extended to the point: everywhere equally likely. */
function randomCut(node: TreeNode, point: Point, random: Random): { side: number; cut: number } {
  const [, length] = beyond(node, point)
  let at = random.next() * length
  const last = point.length - 1
  for (let side = 0; side <= last; side++) {
    const [min, max] = sideOf(node, side)
    const low = Math.min(min, point[side]!)
    const high = Math.max(max, point[side]!)
    if (at < high - low) {
      // Rounding must not put the cut on the upper border, behind which nothing lies.
      const cut = low + at
      return { side, cut: cut < high ? cut : low }
    }
    at -= high - low
  }
  // Rounding went past the end: the last side that has a length.
  for (let side = last; side > 0; side--) {
    const [min, max] = sideOf(node, side)
    const low = Math.min(min, point[side]!)
    if (Math.max(max, point[side]!) > low) return { side, cut: low }
  }
  return { side: 0, cut: Math.min(sideOf(node, 0)[0], point[0]!) }
}

/**
 * The point is one of the sample: it scores by its depth and by how often it is there, and all sides share alike, since
 * none sets it apart.
 */
function addSeen(shares: Shares, mass: number, treeMass: number, depth: number, weight: number): void {
  const damp = 1 - mass / (2 * treeMass)
  const score = (weight * damp) / (depth + Math.log2(mass + 1))
  const sides = 2 * shares.high.length
  for (let d = 0; d < shares.high.length; d++) {
    shares.high[d]! += score / sides
    shares.low[d]! += score / sides
  }
}

function samePoint(a: Point, b: Point): boolean {
  for (let d = 0; d < a.length; d++) if (a[d] !== b[d]) return false
  return true
}
