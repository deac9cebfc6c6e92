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
import {
  numberWasWhole,
  skipArray,
  skipNumber,
  skipSpace,
  skipString,
  skipWord,
  stringHadEscape,
  stringStops,
} from './scan.ts'

/** A member on the way of a path: a tree by names. Every node has a slot; `wanted` ones are asked for by a path. */
export interface PathNode {
  readonly name: string
  readonly key: Uint8Array
  readonly slot: number
  wanted: boolean
  readonly children: PathNode[]
}

export interface SlotTable {
  readonly kinds: Uint8Array
  readonly starts: Int32Array
  readonly ends: Int32Array
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

const leavesMax = 12
const tokensMax = 480
const literalBytesMax = 4096
const missesBeforeRelearn = 2048

type Token =
  | { readonly op: 'literal'; readonly bytes: Uint8Array }
  | { readonly op: 'scalar'; readonly slot: number; readonly first: 'string' | 'number' | 'word' }
  /** `depth` objects are around it. */
  | { readonly op: 'array'; readonly slot: number; readonly depth: number }
  | { readonly op: 'open'; readonly slot: number }
  | { readonly op: 'close'; readonly slot: number }

interface TreeNode {
  readonly token: Token
  readonly id: string
  readonly next: TreeNode[]
  /** Set where a document may end. */
  leaf: number
}

type Reader = (bytes: Uint8Array, view: DataView, start: number, end: number) => number

export function makeLearnedShapes(table: SlotTable, root: PathNode, enabled: boolean): LearnedShapes {
  let tree: TreeNode[] = []
  let tokens = 0
  /** By leaf: the wanted slots that its documents have. */
  let leafSlots: number[][] = []
  const hits = new Float64Array(leavesMax)
  const retired = new Map<number, number>()
  let misses = 0
  let relearnAfter = missesBeforeRelearn
  let reader: Reader = noShape

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
      const shape = tokenize(bytes, start, end, root)
      if (shape === null) return
      misses = 0
      const leaf = leafSlots.length
      const added = insert(tree, shape, leaf)
      // A known shape that was missed all the same (an odd number, text that needs the slow road): nothing to learn.
      if (added < 0) return
      tokens += added
      const slots = shape.flatMap((token) =>
        token.op === 'literal' || token.op === 'open' ? [] : [token.slot],
      )
      leafSlots.push(slots.filter((slot) => slot >= 0))
      reader = compile(table, tree, leafSlots, wantedSlots(root))
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
function tokenize(b: Uint8Array, start: number, end: number, root: PathNode): Token[] | null {
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
        : Buffer.from(b.buffer, b.byteOffset + p + 1, keyEnd - p - 2).toString()
      const child =
        name === undefined && node !== undefined && node.children.length > 0
          ? // An escaped name could be a wanted one; such documents stay with the general reader.
            escapedName
          : node?.children.find((other) => other.name === name)
      if (child === escapedName) return -1
      const valueAt = skipSpace(b, skipSpace(b, keyEnd, end) + 1, end)
      const to = value(valueAt, child, depth + 1)
      if (to < 0 || tokens.length > tokensMax || literalBytes > literalBytesMax) return -1
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

function compile(
  table: SlotTable,
  tree: readonly TreeNode[],
  leafSlots: readonly number[][],
  wanted: readonly number[],
): Reader {
  const lines: string[] = [
    'return function read(b, v, start, end) {',
    'let p = start, q = 0, c = 0, k = 0',
    ...(wanted.length > 0 ? [`let ${wanted.map((slot) => `o${slot} = 0`).join(', ')}`] : []),
  ]
  const emitLeaf = (leaf: number): void => {
    lines.push('if (p === end || H.skipSpace(b, p, end) === end) {')
    for (const slot of wanted) if (!leafSlots[leaf]!.includes(slot)) lines.push(`K[${slot}] = 0`)
    lines.push(`return ${leaf} }`)
  }
  const emitLevel = (level: readonly TreeNode[]): void => {
    for (const node of level) {
      const guarded = level.length > 1
      const token = node.token
      switch (token.op) {
        case 'literal':
          lines.push(guarded ? `if (${matches(token.bytes)}) {` : `if (!(${matches(token.bytes)})) return -1`)
          lines.push(`p += ${token.bytes.length}`)
          break
        case 'scalar':
          if (guarded) lines.push('c = b[p]; if (c !== 123 && c !== 91) {')
          emitScalar(lines, token.slot, token.first)
          break
        case 'array':
          lines.push(guarded ? 'if (b[p] === 91) {' : 'if (b[p] !== 91) return -1')
          lines.push(`q = H.skipArray(b, p, end, ${token.depth}); if (q < 0) return -1`)
          if (token.slot >= 0) lines.push(`K[${token.slot}] = 9; S[${token.slot}] = p; E[${token.slot}] = q`)
          lines.push('p = q')
          break
        case 'open':
          lines.push(guarded ? 'if (b[p] === 123) {' : '', `o${token.slot} = p`)
          break
        case 'close':
          if (guarded) lines.push('{')
          lines.push(`K[${token.slot}] = 8; S[${token.slot}] = o${token.slot}; E[${token.slot}] = p`)
          break
      }
      if (node.leaf >= 0) emitLeaf(node.leaf)
      emitLevel(node.next)
      if (node.next.length !== 1) lines.push('return -1')
      if (guarded) lines.push('}')
    }
  }
  emitLevel(tree)
  lines.push('return -1 }')
  const helpers = { skipSpace, skipArray, skipString, skipNumber, skipWord, numberWasWhole, stringHadEscape }
  // Generated from byte values and slot numbers only: no text of a document reaches the source.
  const make = new Function('K', 'S', 'E', 'T', 'H', lines.join('\n')) as (...args: unknown[]) => Reader
  return make(table.kinds, table.starts, table.ends, stringStops, helpers)
}

/** Skips a scalar of any kind, the kind seen first in the fastest way. */
function emitScalar(lines: string[], slot: number, first: 'string' | 'number' | 'word'): void {
  const store = (kind: string | number, from: string, to: string) =>
    slot < 0 ? '' : `K[${slot}] = ${kind}; S[${slot}] = ${from}; E[${slot}] = ${to}`
  const string = [
    'c === 34) {',
    'q = p + 1; while (T[b[q]] === 0) q++',
    `if (b[q] === 34) { ${store(6, 'p + 1', 'q')}; p = q + 1 }`,
    'else { q = H.skipString(b, p, end); if (q < 0) return -1',
    `${store('H.stringHadEscape() ? 7 : 6', 'p + 1', 'q - 1')}; p = q }`,
    '}',
  ]
  const number = [
    'c >= 48 && c <= 57 || c === 45) {',
    'q = p + 1; k = c',
    'while ((c = b[q]) >= 48 && c <= 57) q++',
    // One digit, or a first digit that is not 0, and no fraction or exponent: the usual integer.
    `if (k !== 45 && (k !== 48 || q === p + 1) && c !== 46 && (c | 32) !== 101) { ${store(4, 'p', 'q')} }`,
    'else { q = H.skipNumber(b, p, end); if (q < 0) return -1',
    `${store('H.numberWasWhole() ? 4 : 5', 'p', 'q')} }`,
    'p = q }',
  ]
  const word = [
    '{ q = H.skipWord(b, p, end); if (q < 0) return -1',
    `${store('c === 110 ? 1 : c === 116 ? 3 : 2', 'p', 'q')}; p = q }`,
  ]
  lines.push('c = b[p]')
  const order = first === 'number' ? [number, string] : [string, number]
  lines.push('if (', ...order[0]!, 'else if (', ...order[1]!, 'else', ...word)
}

/** The condition that the bytes at p, inside the document, are these. */
function matches(bytes: Uint8Array): string {
  const size = bytes.length
  const terms: string[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, size)
  const double = (at: number) => {
    const value = view.getFloat64(at, true)
    if (Number.isFinite(value) && value !== 0) terms.push(`v.getFloat64(p + ${at}, true) === ${value}`)
    else for (let i = at; i < at + 8; i++) terms.push(`b[p + ${i}] === ${bytes[i]}`)
  }
  const word = (at: number) => terms.push(`v.getInt32(p + ${at}, true) === ${view.getInt32(at, true)}`)
  if (size >= 8) {
    for (let at = 0; at + 8 <= size; at += 8) double(at)
    if (size % 8 > 4) double(size - 8)
    else if (size % 8 > 0) word(size - 4)
  } else if (size >= 4) {
    word(0)
    if (size > 4) word(size - 4)
  } else for (let i = 0; i < size; i++) terms.push(`b[p + ${i}] === ${bytes[i]}`)
  return `p + ${size} <= end && ${terms.join(' && ')}`
}
