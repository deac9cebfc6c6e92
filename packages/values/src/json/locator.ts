/**
 * Finds the values at a set of paths in one pass over a JSON document, without building any. The result is a table by
 * slot (one slot for each path): what kind of value is there and which bytes it covers.
 *
 * Two readers give the same answer. The general one reads members in any order. The learned one (learned-shape.ts) is
 * generated from documents seen before and compares whole runs of literal bytes; on any surprise it gives up and the
 * general one starts over, so only the general one ever reports a problem.
 *
 * A member on a wanted path that appears twice in one object is refused: which of the two was meant cannot be known.
 * Cost: one pass over the bytes; no allocation per document.
 */

import { ValueError } from '../value-error.ts'
import { foldedByte, foldKey, type KeyFold } from './key-fold.ts'
import { type LearnedShapes, makeLearnedShapes, type PathNode } from './learned-shape.ts'
import {
  expectEnd,
  type JsonProblem,
  jsonDepthMax,
  lastProblem,
  numberWasWhole,
  refuse,
  skipArray,
  skipColon,
  skipNumber,
  skipSpace,
  skipString,
  skipValue,
  skipWord,
  stringHadEscape,
  tooDeep,
} from './scan.ts'
import { stringFromJson } from './text.ts'

/**
 * Kinds of located values. `whole` is a number without fraction and exponent; `escaped` a string with escapes. For
 * strings the bytes are those between the quotes.
 */
export const found = {
  missing: 0,
  null: 1,
  false: 2,
  true: 3,
  whole: 4,
  number: 5,
  string: 6,
  escaped: 7,
  object: 8,
  array: 9,
} as const

/** Slots of one locator, with those of the objects on the way, unless told otherwise. */
const slotsDefault = 512

export interface JsonLocatorOptions {
  /** Members are told apart by their folded names alone, so that two of them may be the same member twice. */
  readonly fold?: KeyFold
  /** Slots at most. Their tables never move. */
  readonly slotsMax?: number
}

export class JsonLocator {
  readonly kinds: Uint8Array
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** The bytes that the table refers to. */
  bytes: Uint8Array = new Uint8Array(0)
  readonly #root: PathNode = { name: '$', key: Buffer.from('$'), slot: 0, wanted: false, children: [] }
  readonly #nodes: PathNode[] = [this.#root]
  /** How often the general reader found each slot; the learned shapes count for themselves. */
  readonly #counts: Float64Array
  readonly #slotsMax: number
  readonly #shapes: LearnedShapes
  readonly #fold: KeyFold | undefined
  #view: DataView = new DataView(new ArrayBuffer(0))
  /** The document located last. */
  #start = 0
  #end = 0

  /** `learn` false leaves the general reader alone: the oracle of the tests. */
  constructor(learn = true, { fold, slotsMax = slotsDefault }: JsonLocatorOptions = {}) {
    this.kinds = new Uint8Array(slotsMax)
    this.starts = new Int32Array(slotsMax)
    this.ends = new Int32Array(slotsMax)
    this.#counts = new Float64Array(slotsMax)
    this.#slotsMax = slotsMax
    this.#fold = fold
    this.#shapes = makeLearnedShapes(this, this.#root, learn, fold)
  }

  /** The slot of a path given by its member names (none: the whole document). */
  addPath(steps: readonly string[]): number {
    let node = this.#root
    for (const step of steps) {
      const name = foldKey(step, this.#fold)
      let child = node.children.find((other) => other.name === name)
      if (child === undefined) {
        if (this.#nodes.length === this.#slotsMax) {
          throw new ValueError(
            'VAL1102',
            `A JSON reader follows at most ${this.#slotsMax - 1} members; "${steps.join('.').slice(0, 80)}" is one more. Read the whole document instead.`,
          )
        }
        child = {
          name,
          key: Buffer.from(name, 'utf8'),
          slot: this.#nodes.length,
          wanted: false,
          children: [],
        }
        node.children.push(child)
        this.#nodes.push(child)
      }
      node = child
    }
    if (!node.wanted) {
      this.#shapes.forget(this.#counts)
      node.wanted = true
    }
    return node.slot
  }

  /** Locates all paths of the one document in bytes[start, end). */
  locate(bytes: Uint8Array, start: number, end: number): JsonProblem | null {
    this.bind(bytes)
    this.#start = start
    this.#end = end
    if (this.#shapes.read(bytes, this.#view, start, end) >= 0) return null
    const at = this.#general(start, end)
    if (at < 0 || expectEnd(bytes, at, end) < 0) {
      this.clear()
      return lastProblem(start)
    }
    this.#count()
    this.#shapes.learn(bytes, start, end)
    return null
  }

  /**
   * Locates the paths of the document that begins at `start` and may be followed by others. Returns where the next
   * one begins (`end` if none does), or the problem.
   */
  locateNext(bytes: Uint8Array, start: number, end: number): number | JsonProblem {
    this.bind(bytes)
    const at = this.#general(start, end)
    if (at < 0) {
      this.clear()
      return lastProblem(start)
    }
    this.#count()
    return skipSpace(bytes, at, end)
  }

  /** Locates the same document again, after paths were added. */
  relocate(): JsonProblem | null {
    if (this.#end === this.#start) return null
    return this.#general(this.#start, this.#end) < 0 ? lastProblem(this.#start) : null
  }

  /** The slot of a path that was added or lies on the way of one, else -1. */
  slotOf(steps: readonly string[]): number {
    let node: PathNode | undefined = this.#root
    for (const step of steps) {
      const name = foldKey(step, this.#fold)
      node = node?.children.find((child) => child.name === name)
    }
    return node?.slot ?? -1
  }

  /** Whether the slot is that of a path, and not only on the way of one. */
  isWanted(slot: number): boolean {
    return this.#nodes[slot]?.wanted === true
  }

  /** Nothing is located any more. */
  clear(): void {
    this.kinds.fill(0, 0, this.#nodes.length)
  }

  /** In how many documents the slot's path was found. */
  foundCount(slot: number): number {
    return this.#counts[slot]! + this.#shapes.foundCount(slot)
  }

  bind(bytes: Uint8Array): void {
    if (bytes === this.bytes) return
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  #count(): void {
    for (let slot = 0; slot < this.#nodes.length; slot++) if (this.kinds[slot] !== 0) this.#counts[slot]!++
  }

  #general(start: number, end: number): number {
    this.clear()
    this.#start = start
    this.#end = end
    return this.#value(this.#root, skipSpace(this.bytes, start, end), 0)
  }

  #value(node: PathNode, at: number, depth: number): number {
    const b = this.bytes
    const end = this.#end
    const slot = node.slot
    if (this.kinds[slot] !== 0) return refuse(at, `the member "${node.name}" appears twice in one object`)
    if (at >= end) return refuse(end, 'the text ends where a value should be')
    const c = b[at]!
    let kind: number
    let to: number
    let inside = 0
    if (c === 34) {
      to = skipString(b, at, end)
      kind = stringHadEscape() ? found.escaped : found.string
      inside = 1
    } else if (c === 45 || (c >= 48 && c <= 57)) {
      to = skipNumber(b, at, end)
      kind = numberWasWhole() ? found.whole : found.number
    } else if (c === 123) {
      to = this.#object(node, at, depth)
      kind = found.object
    } else if (c === 91) {
      to = skipArray(b, at, end, depth)
      kind = found.array
    } else {
      to = skipWord(b, at, end)
      kind = c === 110 ? found.null : c === 116 ? found.true : found.false
    }
    if (to < 0) return -1
    this.kinds[slot] = kind
    this.starts[slot] = at + inside
    this.ends[slot] = to - inside
    return to
  }

  #object(node: PathNode, at: number, depth: number): number {
    if (node.children.length === 0) return skipValue(this.bytes, at, this.#end, depth)
    if (depth >= jsonDepthMax) return tooDeep(at)
    const b = this.bytes
    const end = this.#end
    let p = skipSpace(b, at + 1, end)
    if (p < end && b[p] === 125) return p + 1
    for (;;) {
      if (p >= end || b[p] !== 34) return refuse(p, 'a quoted member name should be here')
      const keyEnd = skipString(b, p, end)
      if (keyEnd < 0) return -1
      const child = childOf(node, b, p + 1, keyEnd - 1, stringHadEscape(), this.#fold)
      p = skipColon(b, keyEnd, end)
      if (p < 0) return -1
      p = child === undefined ? skipValue(b, p, end, depth + 1) : this.#value(child, p, depth + 1)
      if (p < 0) return -1
      p = skipSpace(b, p, end)
      const c = p < end ? b[p] : -1
      if (c === 125) return p + 1
      if (c !== 44) return refuse(p, '"," or "}" should be here')
      p = skipSpace(b, p + 1, end)
    }
  }
}

/** The child whose name is the key in b[start, end). */
export function childOf(
  node: PathNode,
  b: Uint8Array,
  start: number,
  end: number,
  escaped: boolean,
  fold: KeyFold | undefined,
): PathNode | undefined {
  const children = node.children
  if (escaped || (fold !== undefined && !isAscii(b, start, end))) {
    const name = foldKey(stringFromJson(b, start, end, escaped), fold)
    return children.find((child) => child.name === name)
  }
  const size = end - start
  for (let i = 0; i < children.length; i++) {
    const child = children[i]!
    const key = child.key
    if (key.length !== size) continue
    let k = 0
    if (fold === undefined) while (k < size && key[k] === b[start + k]) k++
    else while (k < size && key[k] === foldedByte(b[start + k]!, fold)) k++
    if (k === size) return child
  }
  return undefined
}

function isAscii(b: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) if (b[p]! >= 128) return false
  return true
}
