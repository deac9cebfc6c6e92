/**
 * The code of the learned reader (learned-shape.ts): a tree of shapes as JavaScript.
 *
 * A run of tokens without a branch becomes straight-line code; what follows a branch becomes a function of its own,
 * called in tail position, so that no function grows past what V8 optimises (60 KB of bytecode, about 400 tokens), however
 * many shapes there are.
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

export interface SlotTable {
  readonly kinds: Uint8Array
  readonly starts: Int32Array
  readonly ends: Int32Array
}

export type Token =
  | { readonly op: 'literal'; readonly bytes: Uint8Array }
  | { readonly op: 'scalar'; readonly slot: number; readonly first: 'string' | 'number' | 'word' }
  /** `depth` objects are around it. */
  | { readonly op: 'array'; readonly slot: number; readonly depth: number }
  | { readonly op: 'open'; readonly slot: number }
  | { readonly op: 'close'; readonly slot: number }

export interface TreeNode {
  readonly token: Token
  readonly id: string
  readonly next: TreeNode[]
  /** Set where a document may end. */
  leaf: number
}

/** Fills the slot table and returns the leaf reached, or -1. */
export type Reader = (bytes: Uint8Array, view: DataView, start: number, end: number) => number

// Slots to be set to missing one by one; more of them take a loop.
const zeroedInPlaceMax = 6

export function compileShapes(
  table: SlotTable,
  tree: readonly TreeNode[],
  leafSlots: readonly (readonly number[])[],
  wanted: readonly number[],
): Reader {
  /** By leaf: the wanted slots that its documents lack. */
  const lacking = leafSlots.map((slots) => wanted.filter((slot) => !slots.includes(slot)))
  const functions: string[] = []

  const emitFunction = (follow: readonly TreeNode[], leaf: number): string => {
    const name = `after${functions.length}`
    const lines = [`function ${name}(b, v, p, end) {`, 'let q = 0, c = 0, k = 0']
    // Takes its place in the list before its own branches take theirs.
    const place = functions.push('') - 1
    emitEnd(lines, leaf)
    emitLevel(lines, follow)
    functions[place] = [...lines, '}'].join('\n')
    return name
  }
  const emitEnd = (lines: string[], leaf: number): void => {
    if (leaf < 0) return
    const slots = lacking[leaf]!
    lines.push('if (p === end || H.skipSpace(b, p, end) === end) {')
    if (slots.length > zeroedInPlaceMax) lines.push(`zero(M[${leaf}])`)
    else for (const slot of slots) lines.push(`K[${slot}] = 0`)
    lines.push(`return ${leaf} }`)
  }
  const emitLevel = (lines: string[], level: readonly TreeNode[]): void => {
    for (const node of level) {
      const branch = level.length > 1
      emitToken(lines, node.token, branch)
      if (branch) {
        lines.push(`return ${emitFunction(node.next, node.leaf)}(b, v, p, end) }`)
        continue
      }
      emitEnd(lines, node.leaf)
      emitLevel(lines, node.next)
      return
    }
    lines.push('return -1')
  }

  const first = emitFunction(tree, -1)
  const opened = wanted.map((slot) => `o${slot} = 0`)
  const source = `
${opened.length > 0 ? `let ${opened.join(', ')}` : ''}
function zero(slots) { for (let i = 0; i < slots.length; i++) K[slots[i]] = 0 }
${functions.join('\n')}
return ${first}`
  const helpers = { skipSpace, skipArray, skipString, skipNumber, skipWord, numberWasWhole, stringHadEscape }
  // Generated from byte values and slot numbers only: no text of a document reaches the source.
  const make = new Function('K', 'S', 'E', 'T', 'H', 'M', source) as (...args: unknown[]) => Reader
  const missing = lacking.map((slots) => Int32Array.from(slots))
  return make(table.kinds, table.starts, table.ends, stringStops, helpers, missing)
}

/** The code that takes one token at p and moves p behind it; in a branch it opens a block that the token must enter. */
function emitToken(lines: string[], token: Token, branch: boolean): void {
  switch (token.op) {
    case 'literal': {
      const condition = matches(token.bytes)
      lines.push(
        branch ? `if (${condition}) {` : `if (!(${condition})) return -1`,
        `p += ${token.bytes.length}`,
      )
      break
    }
    case 'scalar':
      if (branch) lines.push('c = b[p]; if (c !== 123 && c !== 91) {')
      emitScalar(lines, token.slot, token.first)
      break
    case 'array':
      lines.push(branch ? 'if (b[p] === 91) {' : 'if (b[p] !== 91) return -1')
      lines.push(`q = H.skipArray(b, p, end, ${token.depth}); if (q < 0) return -1`)
      if (token.slot >= 0) lines.push(`K[${token.slot}] = 9; S[${token.slot}] = p; E[${token.slot}] = q`)
      lines.push('p = q')
      break
    case 'open':
      if (branch) lines.push('if (b[p] === 123) {')
      lines.push(`o${token.slot} = p`)
      break
    case 'close':
      if (branch) lines.push('{')
      lines.push(`K[${token.slot}] = 8; S[${token.slot}] = o${token.slot}; E[${token.slot}] = p`)
      break
  }
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
