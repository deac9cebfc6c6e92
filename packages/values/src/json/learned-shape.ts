/**
 * The learned reader: straight-line code generated from documents that the general reader has accepted.
 *
 * A document is cut into tokens: literal runs (punctuation, member names, white space: everything between two values),
 * scalars, and arrays (skipped whole by the scanner). Documents of one stream share few token sequences, the shapes. The
 * shapes form a tree with common beginnings shared, and the tree becomes one function: it compares literals 8 bytes at a
 * time, skips scalars in place, and branches where shapes part. A record type that interleaves with another therefore
 * costs nothing until the first byte that tells them apart.
 *
 * Invariant: when the function returns a leaf, the document is valid JSON and the slot table is what the general
 * reader would have made of it. It compares every byte or scans it by the same grammar, and nothing beyond `end` is
 * accepted because each value is followed by a literal whose length is checked against `end`. In doubt it returns -1.
 *
 * Eight bytes are compared as one float64: two finite nonzero doubles are equal exactly when their bits are, and text
 * never spells zero; NaN (a bit pattern that JSON punctuation cannot spell) compares unequal and is safe.
 *
 * Bounds: at most `leavesMax` shapes and `tokensMax` tokens in a tree; when the tree is full and most documents miss
 * it, it is learned anew, each time after twice as many misses, so that a stream without shapes is not compiled for ever.
 */
import { foldKey, type KeyFold } from './key-fold.ts'
import { skipArray, skipNumber, skipSpace, skipString, skipWord, stringHadEscape } from './scan.ts'
import { compileShapes, type Reader, type SlotTable, type Token, type TreeNode } from './shape-code.ts'

/** A member on the way of a path: a tree by names. Every node has a slot; `wanted` ones are asked for by a path. */
export interface PathNode {
  readonly name: string
  readonly key: Uint8Array
  readonly slot: number
  wanted: boolean
  readonly children: PathNode[]
}

export interface LearnedShapes {
  /** Fills the slot table and returns the leaf reached, or -1. */
  read(bytes: Uint8Array, view: DataView, start: number, end: number): number
  /** Takes in the shape of a document that the general reader accepted and this one did not know. */
  learn(bytes: Uint8Array, start: number, end: number): void
  /** Drops all shapes, because the wanted paths change; adds what was counted to `counts`. */
  forget(counts: Float64Array): void
  /** In how many documents read here the slot was found. */
  foundCount(slot: number): number
}

const leavesMax = 32
const tokensMax = 2000
/** Of one shape: its code must stay below what V8 optimises. */
const shapeTokensMax = 300
const literalBytesMax = 4096
const missesBeforeRelearn = 2048
const readsBeforeCompile = 32
const unlearnableMax = 1024

export function makeLearnedShapes(
  table: SlotTable,
  root: PathNode,
  enabled: boolean,
  fold?: KeyFold,
): LearnedShapes {
  let tree: TreeNode[] = []
  let tokens = 0
  /** By leaf: the wanted slots that its documents have. */
  let leafSlots: number[][] = []
  const hits = new Float64Array(leavesMax)
  const retired = new Map<number, number>()
  let misses = 0
  let relearnAfter = missesBeforeRelearn
  let reader: Reader = noShape
  /** Leaves that `reader` knows, and reads by the general reader since it was made. */
  let compiled = 0
  let uncompiledReads = 0
  /** While documents are too large to learn (or no objects), only every n-th is looked at. 0: they are not. */
  let unlearnable = 0

  const foundHere = (slot: number): number => {
    let count = 0
    for (let leaf = 0; leaf < leafSlots.length; leaf++)
      if (leafSlots[leaf]!.includes(slot)) count += hits[leaf]!
    return count
  }
  const drop = (): void => {
    for (let leaf = 0; leaf < leafSlots.length; leaf++) {
      for (const slot of leafSlots[leaf]!) retired.set(slot, (retired.get(slot) ?? 0) + hits[leaf]!)
    }
    tree = []
    tokens = 0
    leafSlots = []
    hits.fill(0)
    reader = noShape
    compiled = 0
  }

  return {
    read: (bytes, view, start, end) => {
      const leaf = reader(bytes, view, start, end)
      if (leaf >= 0) hits[leaf]!++
      return leaf
    },
    learn(bytes, start, end) {
      if (!enabled) return
      misses++
      if (leafSlots.length === leavesMax || tokens >= tokensMax) {
        const read = hits.reduce((sum, count) => sum + count, 0)
        if (misses < relearnAfter || misses * 4 < read) return
        relearnAfter *= 2
        drop()
      }
      uncompiledReads++
      if (unlearnable > 0 && misses % unlearnable !== 0) return
      const shape = tokenize(bytes, start, end, root, fold)
      if (shape === null) {
        unlearnable = Math.min(Math.max(unlearnable * 2, 1), unlearnableMax)
        return
      }
      unlearnable = 0
      const added = insert(tree, shape, leafSlots.length)
      if (added >= 0) {
        misses = 0
        tokens += added
        const slots = shape.flatMap((token) =>
          token.op === 'literal' || token.op === 'open' ? [] : [token.slot],
        )
        leafSlots.push(slots.filter((slot) => slot >= 0))
      }
      // The first shapes are compiled at once, further ones several at a time.
      if (compiled < leafSlots.length && (leafSlots.length <= 4 || uncompiledReads >= readsBeforeCompile)) {
        reader = compileShapes(table, tree, leafSlots, wantedSlots(root))
        compiled = leafSlots.length
        uncompiledReads = 0
      }
    },
    forget(counts) {
      drop()
      for (const [slot, count] of retired) counts[slot]! += count
      retired.clear()
    },
    foundCount: (slot) => (retired.get(slot) ?? 0) + foundHere(slot),
  }
}

const noShape: Reader = () => -1

function wantedSlots(node: PathNode): number[] {
  return [...(node.wanted ? [node.slot] : []), ...node.children.flatMap(wantedSlots)]
}

/** The tokens of a valid document; null if it is no object or too large to learn. */
function tokenize(
  b: Uint8Array,
  start: number,
  end: number,
  root: PathNode,
  fold: KeyFold | undefined,
): Token[] | null {
  const tokens: Token[] = []
  let literalFrom = start
  let literalBytes = 0
  const flush = (to: number): void => {
    if (to === literalFrom) return
    tokens.push({ op: 'literal', bytes: b.slice(literalFrom, to) })
    literalBytes += to - literalFrom
    literalFrom = to
  }
  const value = (at: number, node: PathNode | undefined, depth: number): number => {
    const slot = node?.wanted ? node.slot : -1
    const c = b[at]!
    if (c === 123) {
      if (slot >= 0) {
        flush(at)
        tokens.push({ op: 'open', slot })
      }
      const to = members(at, node, depth)
      if (slot >= 0) {
        flush(to)
        tokens.push({ op: 'close', slot })
      }
      return to
    }
    flush(at)
    let to: number
    if (c === 91) {
      tokens.push({ op: 'array', slot, depth })
      to = skipArray(b, at, end, 0)
    } else if (c === 34) {
      tokens.push({ op: 'scalar', slot, first: 'string' })
      to = skipString(b, at, end)
    } else if (c === 45 || (c >= 48 && c <= 57)) {
      tokens.push({ op: 'scalar', slot, first: 'number' })
      to = skipNumber(b, at, end)
    } else {
      tokens.push({ op: 'scalar', slot, first: 'word' })
      to = skipWord(b, at, end)
    }
    literalFrom = to
    return to
  }
  const members = (at: number, node: PathNode | undefined, depth: number): number => {
    let p = skipSpace(b, at + 1, end)
    while (b[p] !== 125) {
      const keyEnd = skipString(b, p, end)
      const escaped = stringHadEscape()
      const name = escaped
        ? undefined
        : foldKey(Buffer.from(b.buffer, b.byteOffset + p + 1, keyEnd - p - 2).toString(), fold)
      const child =
        name === undefined && node !== undefined && node.children.length > 0
          ? // An escaped name could be a wanted one; such documents stay with the general reader.
            escapedName
          : node?.children.find((other) => other.name === name)
      if (child === escapedName) return -1
      const valueAt = skipSpace(b, skipSpace(b, keyEnd, end) + 1, end)
      const to = value(valueAt, child, depth + 1)
      if (to < 0 || tokens.length > shapeTokensMax || literalBytes > literalBytesMax) return -1
      p = skipSpace(b, to, end)
      if (b[p] === 44) p = skipSpace(b, p + 1, end)
    }
    return p + 1
  }
  const at = skipSpace(b, start, end)
  if (b[at] !== 123) return null
  const to = value(at, root, 0)
  if (to < 0) return null
  flush(to)
  return tokens
}

const escapedName: PathNode = { name: '', key: new Uint8Array(0), slot: -1, wanted: false, children: [] }

/** Adds a shape; returns how many tokens are new, or -1 if the tree holds it already. */
function insert(tree: TreeNode[], shape: readonly Token[], leaf: number): number {
  let level = tree
  let added = 0
  let node: TreeNode | undefined
  for (const token of shape) {
    const id =
      token.op === 'literal'
        ? `literal ${Buffer.from(token.bytes).toString('latin1')}`
        : `${token.op} ${token.slot}`
    node = level.find((other) => other.id === id)
    if (node === undefined) {
      node = { token, id, next: [], leaf: -1 }
      level.push(node)
      // A literal that begins another one must be tried after it.
      level.sort((a, b) => literalSize(b) - literalSize(a))
      added++
    }
    level = node.next
  }
  if (node === undefined || node.leaf >= 0) return -1
  node.leaf = leaf
  return added
}

function literalSize(node: TreeNode): number {
  return node.token.op === 'literal' ? node.token.bytes.length : -1
}
