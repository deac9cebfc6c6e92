/**
 * The part of the grammar that conditions and updates share:
 *
 *   operand  = path | :value | call | '(' operand ')'
 *   call     = name '(' operand (',' operand)* ')'
 *   path     = part ('.' part | '[' number ']')*          part = name | #name
 *
 * Keywords of the expression's kind are no names. In conditions a path goes on behind parentheses: (a.b).c
 */
import type { CallNode, OperandNode, PathNode, PathPart } from './syntax-tree.ts'
import { TokenReader } from './token.ts'

/** Indexes of the service are signed and have 32 bits. */
const indexMax = 2 ** 31 - 1
export const OPERATORS_MAX = 300
/** More levels than this need more operators than allowed, or parentheses directly in parentheses. */
const depthMax = 2 * OPERATORS_MAX

export interface OperandParserOptions {
  /** Name of the request's parameter, for errors. */
  readonly parameter: string
  readonly keywords: ReadonlySet<string>
  readonly continuesPaths: boolean
}

export class OperandParser {
  protected readonly reader: TokenReader
  protected hasRedundantParentheses = false
  protected operators = 0
  readonly #keywords: ReadonlySet<string>
  readonly #continuesPaths: boolean
  #depth = 0
  /** The pair of parentheses that was closed last. */
  #lastGroup: { readonly open: number; readonly end: number } | undefined

  constructor(text: string, { parameter, keywords, continuesPaths }: OperandParserOptions) {
    this.reader = new TokenReader(parameter, text)
    this.#keywords = keywords
    this.#continuesPaths = continuesPaths
  }

  protected parseOperand(): OperandNode {
    if (!this.reader.isSymbol('(')) return this.parseBareOperand()
    return this.parenthesized(() => this.parseOperand())
  }

  protected parseBareOperand(): OperandNode {
    const { next } = this.reader
    if (next.kind === ':value') {
      this.reader.take()
      return { kind: 'value', reference: next.text, span: next }
    }
    const { afterNext } = this.reader
    const isCall = next.kind === 'name' && afterNext?.kind === 'symbol' && afterNext.text === '('
    return isCall && !this.#isKeyword() ? this.#parseCall() : this.parsePath()
  }

  parsePath(): PathNode {
    const { start } = this.reader.next
    return this.#continuePath([this.#parseName()], start)
  }

  /** What a pair of parentheses holds; where the grammar says so, a path in it may go on behind it. */
  protected parenthesized<Node extends { readonly kind: string }>(parseInner: () => Node): Node | PathNode {
    const open = this.reader.expect('(').start
    const first = this.reader.next.start
    const inner = this.deeper(parseInner)
    const group = this.#lastGroup
    if (group?.open === first && group.end === this.reader.passed) this.hasRedundantParentheses = true
    const { end } = this.reader.expect(')')
    this.#lastGroup = { open, end }
    return this.#continuesPaths && isPath(inner) ? this.#continuePath(inner.parts, open) : inner
  }

  /** Guards the stack: texts of 4 KB can nest deeper than it holds. */
  protected deeper<Node>(parse: () => Node): Node {
    if (++this.#depth > depthMax) {
      throw this.operators > OPERATORS_MAX ? this.tooManyOperators() : this.redundantParentheses()
    }
    const node = parse()
    this.#depth--
    return node
  }

  protected tooManyOperators(): Error {
    return this.reader.invalid(
      `The expression contains too many operators; operator count: ${OPERATORS_MAX + 1}`,
    )
  }

  protected redundantParentheses(): Error {
    return this.reader.invalid('The expression has redundant parentheses;')
  }

  #parseCall(): CallNode {
    const { start, text } = this.reader.take()
    this.reader.expect('(')
    const operands = [this.deeper(() => this.parseOperand())]
    while (this.reader.skip(',')) operands.push(this.deeper(() => this.parseOperand()))
    const { end } = this.reader.expect(')')
    return { kind: 'call', name: text, operands, span: { start, end } }
  }

  #continuePath(first: readonly PathPart[], start: number): PathNode {
    const parts = [...first]
    for (;;) {
      if (this.reader.skip('.')) parts.push(this.#parseName())
      else if (this.reader.skip('[')) parts.push(this.#parseIndex())
      else return { kind: 'path', parts, span: { start, end: this.reader.passed } }
    }
  }

  #parseName(): PathPart {
    const { next } = this.reader
    if (next.kind === '#name') {
      this.reader.take()
      return { kind: 'reference', reference: next.text }
    }
    if (next.kind !== 'name' || this.#isKeyword()) throw this.reader.syntaxError()
    this.reader.take()
    return { kind: 'name', name: next.text }
  }

  #parseIndex(): PathPart {
    const { text } = this.reader.expectKind('number')
    const index = Number(text)
    if (index > indexMax) {
      throw this.reader.invalid(`List index is not within the allowable range; index: [${text}]`)
    }
    this.reader.expect(']')
    return { kind: 'index', index }
  }

  #isKeyword(): boolean {
    return this.#keywords.has(this.reader.next.text.toUpperCase())
  }
}

function isPath(node: { readonly kind: string }): node is PathNode {
  return node.kind === 'path'
}
