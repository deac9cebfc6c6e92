/**
 * The notation of SIMILAR TO: '_' any character, '%' any text, | * + ? {n} {n,} {n,m} ( ) and classes [a-z], [^a-z],
 * [[:ALPHA:]...]. An escape character, where given, makes the next character plain. A pattern covers the whole text.
 *
 * SUBSTRING ... SIMILAR has three parts between escaped double quotes; the middle one becomes group 1. The first part
 * takes as little text as it can.
 */
import { single } from './parse-java.ts'
import { PatternReader, sequenceOf } from './pattern-reader.ts'
import {
  characters,
  digits,
  lowerLetters,
  PatternError,
  type RegexNode,
  spaces,
  upperLetters,
} from './tree.ts'

export function parseSimilarPattern(pattern: string, escapeChar: string | undefined): RegexNode {
  return whole(new SimilarParser(pattern, escapeChar, true).parse())
}

export function parseSimilarParts(pattern: string, escapeChar: string): RegexNode {
  const mark = `${escapeChar}"`
  const parts = pattern.split(mark)
  if (parts.length !== 3) {
    throw new PatternError(pattern, 0, `it has ${parts.length} parts; write three parts divided by ${mark}`)
  }
  const [before, middle, after] = parts.map((part, i) => new SimilarParser(part, escapeChar, i > 0).parse())
  return whole({ kind: 'sequence', nodes: [before!, { kind: 'group', node: middle!, index: 1 }, after!] })
}

function whole(node: RegexNode): RegexNode {
  const nodes: RegexNode[] = [{ kind: 'assertion', what: 'start' }, node, { kind: 'assertion', what: 'end' }]
  return { kind: 'sequence', nodes }
}

class SimilarParser {
  readonly #reader: PatternReader
  readonly #escape: string | undefined
  readonly #greedy: boolean
  #depth = 0

  constructor(pattern: string, escapeChar: string | undefined, greedy: boolean) {
    this.#reader = new PatternReader(pattern)
    this.#escape = escapeChar
    this.#greedy = greedy
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
      let node = this.#atom()
      for (let count = this.#reader.quantifier(); count !== undefined; count = this.#reader.quantifier()) {
        if (node.kind === 'repeat')
          throw this.#reader.error('a repeated expression is repeated again; use ( )')
        node = { kind: 'repeat', node, ...count, greedy: this.#greedy }
      }
      nodes.push(node)
    }
    return sequenceOf(nodes)
  }

  #atom(): RegexNode {
    const reader = this.#reader
    const character = reader.next('an expression')
    if (character === this.#escape) return single(reader.next('the escaped character'))
    switch (character) {
      case '_':
        return characters([], true)
      case '%': {
        const node = characters([], true)
        return { kind: 'repeat', node, min: 0, max: Number.POSITIVE_INFINITY, greedy: this.#greedy }
      }
      case '(': {
        const node = this.#choice()
        if (!reader.skip(')')) throw reader.error("'(' without ')'")
        return { kind: 'sequence', nodes: [node] }
      }
      case '[':
        return this.#class()
      case '*':
      case '+':
      case '?':
      case '{':
        throw reader.error(`'${character}' has nothing to repeat; escape it to mean the character`)
      default:
        return single(character)
    }
  }

  #class(): RegexNode {
    const reader = this.#reader
    const negated = reader.skip('^')
    const ranges: number[] = []
    while (ranges.length === 0 || reader.peek() !== ']') {
      if (reader.skip('[:')) ranges.push(...this.#namedClass())
      else {
        const from = this.#classCharacter()
        const isRange = reader.peek() === '-' && reader.peek(1) !== ']' && reader.skip('-')
        const to = isRange ? this.#classCharacter() : from
        if (to < from) throw reader.error('this range is empty')
        ranges.push(from, to)
      }
    }
    reader.skip(']')
    return characters(ranges, negated)
  }

  #classCharacter(): number {
    const character = this.#reader.next("']'")
    return (character === this.#escape ? this.#reader.next('the escaped character') : character).codePointAt(
      0,
    )!
  }

  #namedClass(): readonly number[] {
    let name = ''
    while (!this.#reader.skip(':]')) name += this.#reader.next("':]'")
    const found = namedClasses[name.toUpperCase()]
    if (found !== undefined) return found
    throw this.#reader.error(`no class [:${name}:]; known are ${Object.keys(namedClasses).join(', ')}`)
  }
}

const namedClasses: Readonly<Record<string, readonly number[]>> = {
  ALPHA: [...upperLetters, ...lowerLetters],
  UPPER: upperLetters,
  LOWER: lowerLetters,
  DIGIT: digits,
  ALNUM: [...digits, ...upperLetters, ...lowerLetters],
  SPACE: [0x20, 0x20],
  WHITESPACE: spaces,
}
