/**
 * The notation of java.util.regex, the part that needs no backtracking:
 *   choice = sequence ('|' sequence)*      sequence = (atom quantifier?)*      quantifier = (* + ? {n} {n,} {n,m}) '?'?
 *   atom = . ^ $ (...) (?:...) [...] \d \D \w \W \s \S \b \B \t \n \r \f \xhh \uhhhh \Q...\E \<punctuation> <character>
 * '.' is any character but line ends, '$' the end of the text. Back references, look-around, flags, possessive quantifiers, \p{..} and class
 * intersection are refused with a message.
 */
import { PatternReader, sequenceOf } from './pattern-reader.ts'
import { characters, complement, digits, type RegexNode, spaces, wordCharacters } from './tree.ts'

/** Other notations that are nearly Java's. */
export interface JavaPatternOptions {
  /** What '.' does not match, as ranges; the ends of lines unless given. */
  readonly dotExcludes?: readonly number[]
  /** Allows (?<name>...), and \\A and \\z for the ends of the text; names are collected here by the number of their group. */
  readonly groupNames?: Map<number, string>
}

const lineEnds = [0x0a, 0x0a, 0x0d, 0x0d, 0x85, 0x85, 0x2028, 0x2029]

export function parseJavaPattern(pattern: string, options: JavaPatternOptions = {}): RegexNode {
  const parser = new JavaParser(new PatternReader(pattern), options)
  return parser.parse()
}

class JavaParser {
  readonly #reader: PatternReader
  readonly #options: JavaPatternOptions
  #groups = 0
  #depth = 0

  constructor(reader: PatternReader, options: JavaPatternOptions) {
    this.#reader = reader
    this.#options = options
  }

  parse(): RegexNode {
    const node = this.#choice()
    if (!this.#reader.done) throw this.#reader.error("')' without '('")
    return node
  }

  #choice(): RegexNode {
    if (++this.#depth > 100) throw this.#reader.error('groups nest deeper than 100')
    const nodes = [this.#sequence()]
    while (this.#reader.skip('|')) nodes.push(this.#sequence())
    this.#depth--
    return nodes.length === 1 ? nodes[0]! : { kind: 'choice', nodes }
  }

  #sequence(): RegexNode {
    const nodes: RegexNode[] = []
    while (!this.#reader.done && this.#reader.peek() !== '|' && this.#reader.peek() !== ')') {
      if (this.#reader.skip('\\Q')) nodes.push(...this.#quoted())
      else nodes.push(this.#quantified(this.#atom()))
    }
    return sequenceOf(nodes)
  }

  #quantified(node: RegexNode): RegexNode {
    const count = this.#reader.quantifier()
    if (count === undefined) return node
    const greedy = !this.#reader.skip('?')
    if (this.#reader.peek() === '+') throw this.#reader.error('possessive quantifiers are not supported')
    return { kind: 'repeat', node, ...count, greedy }
  }

  #atom(): RegexNode {
    const reader = this.#reader
    const character = reader.next('an expression')
    switch (character) {
      case '.':
        return characters(this.#options.dotExcludes ?? lineEnds, true)
      case '^':
        return { kind: 'assertion', what: 'start' }
      case '$':
        return { kind: 'assertion', what: 'end' }
      case '(':
        return this.#group()
      case '[':
        return this.#class()
      case '\\':
        return this.#escape()
      case '*':
      case '+':
      case '?':
      case '{':
        throw reader.error(`'${character}' has nothing to repeat; write \\${character} for the character`)
      default:
        return single(character)
    }
  }

  #group(): RegexNode {
    const reader = this.#reader
    if (reader.skip('?:')) {
      const node = this.#choice()
      if (!reader.skip(')')) throw reader.error("'(' without ')'")
      return node
    }
    const names = this.#options.groupNames
    if (names !== undefined && reader.peek() === '?' && reader.peek(1) === '<' && reader.peek(2) !== '=') {
      if (reader.peek(2) !== '!') names.set(this.#groups + 1, this.#name())
    }
    if (reader.peek() === '?') throw reader.error('of the (?..) forms only (?:..) is supported')
    const index = ++this.#groups
    const node = this.#choice()
    if (!reader.skip(')')) throw reader.error("'(' without ')'")
    return { kind: 'group', node, index }
  }

  /** `?<name>` */
  #name(): string {
    const reader = this.#reader
    reader.skip('?<')
    let name = ''
    while (reader.peek() !== '>') name += reader.next("'>'")
    reader.skip('>')
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw reader.error('the name of a group has letters, digits and _')
    return name
  }

  #escape(): RegexNode {
    if (this.#options.groupNames !== undefined) {
      if (this.#reader.skip('A')) return { kind: 'assertion', what: 'start' }
      if (this.#reader.skip('z')) return { kind: 'assertion', what: 'end' }
    }
    if (this.#reader.skip('b')) return { kind: 'assertion', what: 'word-boundary' }
    if (this.#reader.skip('B')) return { kind: 'assertion', what: 'no-word-boundary' }
    return characters(this.#escapedSet())
  }

  /** The characters of what follows a backslash, as ranges. */
  #escapedSet(): readonly number[] {
    const reader = this.#reader
    const character = reader.next('the escaped character')
    const known = escapes[character]
    if (known !== undefined) return known
    if (character === 'x') return this.#hex(2)
    if (character === 'u') return this.#hex(4)
    if (/[a-zA-Z0-9]/.test(character)) throw reader.error(`\\${character} is not supported`)
    return point(character)
  }

  #hex(length: number): readonly number[] {
    let text = ''
    for (let i = 0; i < length; i++) text += this.#reader.next('a hex digit')
    if (!/^[0-9a-fA-F]+$/.test(text)) throw this.#reader.error(`'${text}' is no hex number`)
    const code = Number.parseInt(text, 16)
    return [code, code]
  }

  #class(): RegexNode {
    const reader = this.#reader
    const negated = reader.skip('^')
    const ranges: number[] = []
    let first = true
    while (first || reader.peek() !== ']') {
      if (reader.peek() === '[') throw reader.error('a class inside a class is not supported')
      if (reader.peek() === '&' && reader.peek(1) === '&')
        throw reader.error('&& in a class is not supported')
      const from = this.#classItem()
      first = false
      const isPoint = from.length === 2 && from[0] === from[1]
      if (isPoint && reader.peek() === '-' && reader.peek(1) !== ']' && reader.peek(1) !== undefined) {
        reader.skip('-')
        const to = this.#classItem()
        if (to.length !== 2 || to[0] !== to[1] || to[0]! < from[0]!) throw reader.error('this range is empty')
        ranges.push(from[0]!, to[0]!)
      } else ranges.push(...from)
    }
    reader.skip(']')
    return characters(ranges, negated)
  }

  #classItem(): readonly number[] {
    if (this.#reader.skip('\\')) return this.#escapedSet()
    return point(this.#reader.next("']'"))
  }

  #quoted(): RegexNode[] {
    const nodes: RegexNode[] = []
    while (!this.#reader.done && !this.#reader.skip('\\E')) nodes.push(single(this.#reader.next('\\E')))
    return nodes
  }
}

const escapes: Readonly<Record<string, readonly number[]>> = {
  d: digits,
  D: complement(digits),
  w: wordCharacters,
  W: complement(wordCharacters),
  s: spaces,
  S: complement(spaces),
  t: [9, 9],
  n: [10, 10],
  r: [13, 13],
  f: [12, 12],
}

function point(character: string): readonly number[] {
  const code = character.codePointAt(0)!
  return [code, code]
}

export function single(character: string): RegexNode {
  return characters(point(character))
}
