/**
 * Patterns of the fast parser (spec 2.15), which is lazy and never goes back. '@' is any text, '#' nothing at all, "..." the
 * text as it stands, <n-m> a number in a range, <Digit> and the like a class; the rest is as in regular expressions.
 *
 * A pattern is a row of atoms, and x+ is x followed by x*. Every atom of no fixed length begins a piece, which reaches up to
 * the next such atom. The pieces match one after the other, each as little as it can and once for all: a piece that has
 * found its end does not look for a later one when the next piece fails. Outside of groups an atom with nothing fixed
 * behind it takes all it can instead. What is left at the end of the text makes the line fail.
 *
 * Patterns with alternatives or nested groups are matched as a whole, lazily, and do go back.
 */
import { parseJavaPattern } from '../regex/parse-java.ts'
import { RegexProgram } from '../regex/program.ts'
import { escaped } from './pattern-text.ts'

export interface FastFormat {
  readonly kind: 'fast'
  /** Regular expressions, a group for each atom. */
  readonly pieces: readonly string[]
  /** Where each group begins and ends: a piece, and how many of its atoms stand before. */
  readonly groups: readonly { readonly from: FastPlace; readonly to: FastPlace }[]
}

type FastPlace = readonly [piece: number, atom: number]

interface Atom {
  readonly text: string
  readonly isFixed: boolean
  readonly inGroup: boolean
}

/** The groups of a line in order, or undefined if the line does not have the format. */
export function fastReader({ pieces, groups }: FastFormat): (line: string) => string[] | undefined {
  const programs = pieces.map((piece) => new RegexProgram(piece, parseJavaPattern(piece)))
  return (line) => {
    const places: number[][] = []
    let at = 0
    for (const program of programs) {
      const match = program.exec(line.slice(at))
      if (match === undefined) return undefined
      const ends = [at]
      for (let g = 1; 2 * g < match.length; g++) ends.push(at + match[2 * g + 1]!)
      places.push(ends)
      at += match[1]!
    }
    if (at < line.length) return undefined
    return groups.map(({ from, to }) => line.slice(places[from[0]]![from[1]], places[to[0]]![to[1]]))
  }
}

/** The format of a pattern; `whole` is a regular expression for one that is matched as a whole. A sentence if it cannot be read. */
export function fastFormat(pattern: string): FastFormat | { readonly whole: string } | string {
  const atoms: Atom[] = []
  const starts: number[] = []
  const ends: number[] = []
  for (let at = 0; at < pattern.length; ) {
    const character = pattern[at]!
    if (character === '|' || (character === '(' && starts.length > ends.length)) return wholePattern(pattern)
    if (character === '(') {
      starts.push(atoms.length)
      at++
      continue
    }
    if (character === ')') {
      if (starts.length === ends.length) return `the ) at ${at + 1} closes no group`
      ends.push(atoms.length)
      at++
      // A group that is repeated has no one place in the line.
      if ('*+?{'.includes(pattern[at] ?? ' ')) return wholePattern(pattern)
      continue
    }
    const read = readAtom(pattern, at)
    if (typeof read === 'string') return read
    const quantifier = /^(?:[*+?]|\{\d+(?:,\d*)?\})/.exec(pattern.slice(read.end))?.[0] ?? ''
    at = read.end + quantifier.length
    const inGroup = starts.length > ends.length
    if (quantifier === '+') {
      atoms.push(
        { text: read.text, isFixed: !read.varies, inGroup },
        { text: `${read.text}*`, isFixed: false, inGroup },
      )
    } else {
      const isFixed = !read.varies && (quantifier === '' || /^\{\d+\}$/.test(quantifier))
      atoms.push({ text: read.text + quantifier, isFixed, inGroup })
    }
  }
  if (starts.length > ends.length) return 'a group does not end'
  return inPieces(atoms, starts, ends)
}

function inPieces(atoms: readonly Atom[], starts: readonly number[], ends: readonly number[]): FastFormat {
  const pieces: string[] = []
  const places: FastPlace[] = []
  for (let first = 0; first < atoms.length; ) {
    let next = first + 1
    while (next < atoms.length && atoms[next]!.isFixed) next++
    const isLast = next === atoms.length
    let piece = '^'
    for (let i = first; i < next; i++) {
      const { text, isFixed, inGroup } = atoms[i]!
      const isGreedy = isFixed || (next === i + 1 && !isLast && !inGroup)
      const isRepeated = /[*?}]$/.test(text) && !isFixed
      piece += `(${text}${isRepeated && !isGreedy ? '?' : ''})`
      places[i] = [pieces.length, i - first]
    }
    if (isLast && next === first + 1) piece += '$'
    pieces.push(piece)
    first = next
  }
  const last: FastPlace = atoms.length === 0 ? [0, 0] : [places.at(-1)![0], places.at(-1)![1] + 1]
  if (pieces.length === 0) pieces.push('^$')
  const groups = starts.map((start, g) => ({ from: places[start] ?? last, to: places[ends[g]!] ?? last }))
  return { kind: 'fast', pieces, groups }
}

/** One atom without its quantifier. `varies`: it has no fixed length by itself. */
function readAtom(
  pattern: string,
  at: number,
): { readonly text: string; readonly end: number; readonly varies: boolean } | string {
  const character = pattern[at]!
  const one = (text: string, end: number, varies = false) => ({ text, end, varies })
  switch (character) {
    case '\\':
      return at + 1 < pattern.length
        ? one(escaped(pattern[at + 1]!), at + 2)
        : 'the pattern ends in the middle of \\'
    case '@':
      return one('.*', at + 1, true)
    case '#':
      return one('[^\\x00-\\uffff]', at + 1)
    case '"': {
      const end = pattern.indexOf('"', at + 1)
      if (end < 0) return `the text in quotes at ${at + 1} does not end`
      return one(`(?:${[...pattern.slice(at + 1, end)].map(escaped).join('')})`, end + 1)
    }
    case '<': {
      const end = pattern.indexOf('>', at)
      const name = pattern.slice(at + 1, Math.max(at, end))
      const range = /^(\d+)-(\d+)$/.exec(name)
      const part = range === null ? classes[name] : numberRange(Number(range[1]), Number(range[2]))
      if (end < 0 || part === undefined)
        return `<${name}> is neither a range of numbers up to 999999999 nor one of ${Object.keys(classes).join(', ')}`
      return one(part, end + 1, range !== null)
    }
    case '[': {
      const end = pattern.indexOf(']', at + 2)
      if (end < 0) return `the set of characters at ${at + 1} does not end`
      return one(pattern.slice(at, end + 1), end + 1)
    }
    case '&':
    case '~':
      return `'${character}' is not supported`
    case '*':
    case '+':
    case '?':
    case '{':
      return `the ${character} at ${at + 1} has nothing to repeat`
    case '.':
      return one('.', at + 1)
    default: {
      const point = String.fromCodePoint(pattern.codePointAt(at)!)
      return one(escaped(point), at + point.length)
    }
  }
}

/** The pattern as one regular expression whose quantifiers are lazy. */
function wholePattern(pattern: string): { readonly whole: string } | string {
  let whole = ''
  for (let at = 0; at < pattern.length; ) {
    const character = pattern[at]!
    if ('()|'.includes(character)) {
      whole += character
      at++
      continue
    }
    const quantifier = /^(?:[*+?]|\{\d+(?:,\d*)?\})/.exec(pattern.slice(at))?.[0]
    if (quantifier !== undefined) {
      whole += `${quantifier}?`
      at += quantifier.length
      continue
    }
    const read = readAtom(pattern, at)
    if (typeof read === 'string') return read
    whole += character === '@' ? '.*?' : read.text
    at = read.end
  }
  return { whole }
}

/** The named patterns that the reference lists, and the nearest ones of other notations. */
const classes: Readonly<Record<string, string>> = {
  Digit: '[0-9]',
  Upper: '[A-Z]',
  Lower: '[a-z]',
  ASCII: '[\\x00-\\x7f]',
  Alpha: '[A-Za-z]',
  Alnum: '[0-9A-Za-z]',
  Punct: '[!-/:-@\\[-`{-~]',
  Blank: '[ \\t]',
  Space: '[ \\t\\n\\f\\r\\x0b]',
  Cntrl: '[\\x00-\\x1f\\x7f]',
  XDigit: '[0-9a-fA-F]',
  Print: '[!-~]',
  Graph: '[!-~]',
  Letter: '[A-Za-z]',
  Word: '[0-9A-Za-z_]',
  Whitespace: '\\s',
}

/** The numbers from low to high, as they are written without leading zeros; more digits first. */
function numberRange(low: number, high: number): string | undefined {
  if (high < low || high > 999_999_999) return undefined
  const parts: string[] = []
  for (let digits = String(high).length; digits >= String(low).length; digits--) {
    const from = Math.max(low, digits === 1 ? 0 : 10 ** (digits - 1))
    const to = Math.min(high, 10 ** digits - 1)
    parts.push(sameDigits(String(from), String(to)))
  }
  return `(?:${parts.join('|')})`
}

/** Numbers between two of equally many digits. */
function sameDigits(low: string, high: string): string {
  const [first, last] = [Number(low[0]), Number(high[0])]
  if (low.length === 1) return first === last ? low : `[${first}-${last}]`
  const [lowRest, highRest] = [low.slice(1), high.slice(1)]
  if (first === last) return `${first}${sameDigits(lowRest, highRest)}`
  const parts = [
    `${first}${sameDigits(lowRest, '9'.repeat(lowRest.length))}`,
    `${last}${sameDigits('0'.repeat(highRest.length), highRest)}`,
  ]
  if (last - first > 1) parts.push(`[${first + 1}-${last - 1}]${'[0-9]'.repeat(lowRest.length)}`)
  return `(?:${parts.join('|')})`
}
