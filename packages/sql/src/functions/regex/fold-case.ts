/** A tree that matches letters in either case: each set of characters gets the other cases of its members. */
import type { CharacterSet, RegexNode } from './tree.ts'

/** Sets that are larger are of whole scripts and left as they are, except for the Latin letters in them. */
const rangeMax = 1000

export function foldCase(node: RegexNode): RegexNode {
  switch (node.kind) {
    case 'characters':
      return { kind: 'characters', set: foldSet(node.set) }
    case 'assertion':
      return node
    case 'sequence':
    case 'choice':
      return { kind: node.kind, nodes: node.nodes.map(foldCase) }
    case 'repeat':
    case 'group':
      return { ...node, node: foldCase(node.node) }
  }
}

function foldSet({ ranges, negated }: CharacterSet): CharacterSet {
  const folded = [...ranges]
  for (let i = 0; i < ranges.length; i += 2) {
    // Ranges come in pairs.
    const [from, to] = [ranges[i]!, ranges[i + 1]!]
    if (to - from > rangeMax) {
      shift(folded, Math.max(from, 0x41), Math.min(to, 0x5a), 32)
      shift(folded, Math.max(from, 0x61), Math.min(to, 0x7a), -32)
      continue
    }
    for (let code = from; code <= to; code++) {
      const character = String.fromCodePoint(code)
      for (const other of [character.toLowerCase(), character.toUpperCase()]) {
        const otherCode = other.codePointAt(0)
        // Cases of several characters (ß, SS) have no place in a set.
        if (otherCode === undefined || otherCode === code || String.fromCodePoint(otherCode) !== other)
          continue
        folded.push(otherCode, otherCode)
      }
    }
  }
  return { ranges: folded, negated }
}

function shift(into: number[], from: number, to: number, by: number): void {
  if (from <= to) into.push(from + by, to + by)
}
