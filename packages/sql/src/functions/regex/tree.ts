/**
 * Regular expressions as a tree. Two notations parse into it: Java's (REGEX_REPLACE, SUBSTRING FROM) and SQL's (SIMILAR
 * TO). There are no back references and no look-around, so that program.ts can run every tree in linear time.
 */
export type RegexNode =
  | { readonly kind: 'characters'; readonly set: CharacterSet }
  | { readonly kind: 'assertion'; readonly what: Assertion }
  | { readonly kind: 'sequence'; readonly nodes: readonly RegexNode[] }
  | { readonly kind: 'choice'; readonly nodes: readonly RegexNode[] }
  | {
      readonly kind: 'repeat'
      readonly node: RegexNode
      readonly min: number
      /** Infinity if there is no upper bound. */
      readonly max: number
      readonly greedy: boolean
    }
  /** Group 1 upwards; the whole match is group 0. */
  | { readonly kind: 'group'; readonly node: RegexNode; readonly index: number }

export type Assertion = 'start' | 'end' | 'word-boundary' | 'no-word-boundary'

/** Code points as inclusive ranges [from, to, from, to, ...] in any order; `negated` means all others. */
export interface CharacterSet {
  readonly ranges: readonly number[]
  readonly negated: boolean
}

/** A pattern that cannot be used, with the reason and where it stands. */
export class PatternError extends Error {
  constructor(pattern: string, at: number, problem: string) {
    super(
      `pattern '${pattern.length <= 60 ? pattern : `${pattern.slice(0, 57)}...`}' at ${at + 1}: ${problem}`,
    )
  }
}

/** Patterns longer than this are refused. */
export const patternLengthMax = 1000
/** Counts in {n,m} beyond this are refused; the program would grow with them. */
export const repeatMax = 255

export const digits: readonly number[] = [0x30, 0x39]
export const upperLetters: readonly number[] = [0x41, 0x5a]
export const lowerLetters: readonly number[] = [0x61, 0x7a]
export const wordCharacters: readonly number[] = [...digits, ...upperLetters, ...lowerLetters, 0x5f, 0x5f]
export const spaces: readonly number[] = [0x09, 0x0d, 0x20, 0x20]

export function characters(ranges: readonly number[], negated = false): RegexNode {
  return { kind: 'characters', set: { ranges, negated } }
}

export function inSet({ ranges, negated }: CharacterSet, codePoint: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) {
    if (codePoint >= ranges[i]! && codePoint <= ranges[i + 1]!) return !negated
  }
  return negated
}

/** All code points that the set does not hold, as ranges. */
export function complement(ranges: readonly number[]): number[] {
  const pairs: [number, number][] = []
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i]!, ranges[i + 1]!])
  pairs.sort((a, b) => a[0] - b[0])
  const rest: number[] = []
  let next = 0
  for (const [from, to] of pairs) {
    if (from > next) rest.push(next, from - 1)
    next = Math.max(next, to + 1)
  }
  if (next <= 0x10ffff) rest.push(next, 0x10ffff)
  return rest
}
