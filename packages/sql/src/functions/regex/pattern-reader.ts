/** A cursor over the code points of a pattern, with what both notations read alike: counts in braces. */
import { PatternError, patternLengthMax, type RegexNode, repeatMax } from './tree.ts'

export class PatternReader {
  readonly pattern: string
  readonly #characters: readonly string[]
  #at = 0

  constructor(pattern: string) {
    this.pattern = pattern
    this.#characters = [...pattern]
    if (this.#characters.length > patternLengthMax) {
      throw new PatternError(pattern, patternLengthMax, `longer than ${patternLengthMax} characters`)
    }
  }

  get done(): boolean {
    return this.#at >= this.#characters.length
  }

  peek(ahead = 0): string | undefined {
    return this.#characters[this.#at + ahead]
  }

  next(expected: string): string {
    const character = this.#characters[this.#at]
    if (character === undefined) throw this.error(`ends where ${expected} is expected`)
    this.#at++
    return character
  }

  /** Steps over `text` if it comes next. */
  skip(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.peek(i) !== text[i]) return false
    this.#at += text.length
    return true
  }

  error(problem: string): PatternError {
    return new PatternError(this.pattern, this.#at, problem)
  }

  /** The quantifier *, +, ? or {n}, {n,}, {n,m} that comes next, if any. */
  quantifier(): { min: number; max: number } | undefined {
    if (this.skip('*')) return { min: 0, max: Number.POSITIVE_INFINITY }
    if (this.skip('+')) return { min: 1, max: Number.POSITIVE_INFINITY }
    if (this.skip('?')) return { min: 0, max: 1 }
    if (!this.skip('{')) return undefined
    const min = this.#count()
    let max = min
    if (this.skip(',')) max = this.peek() === '}' ? Number.POSITIVE_INFINITY : this.#count()
    if (!this.skip('}')) throw this.error('a count is written {n}, {n,} or {n,m}')
    if (max < min) throw this.error(`the count {${min},${max}} is empty`)
    return { min, max }
  }

  #count(): number {
    let text = ''
    while (this.peek() !== undefined && /[0-9]/.test(this.peek()!)) text += this.next('a digit')
    const count = Number(text)
    if (text === '' || count > repeatMax) throw this.error(`a count is a number from 0 to ${repeatMax}`)
    return count
  }
}

export function sequenceOf(nodes: readonly RegexNode[]): RegexNode {
  return nodes.length === 1 ? nodes[0]! : { kind: 'sequence', nodes }
}
