/**
 * Updates of UpdateExpression:
 *
 *   update   = section+
 *   section  = 'SET' set (',' set)*      set = path '=' (sum | operand | '(' sum ')')
 *            | 'REMOVE' path (',' path)*
 *            | 'ADD' path :value (',' path :value)*
 *            | 'DELETE' path :value (',' path :value)*
 *   sum      = operand ('+' | '-') operand
 *
 * That each section comes once, and what names and functions mean, is checked later (bind-update.ts).
 */
import { OPERATORS_MAX, OperandParser } from './operand-parser.ts'
import type { ActionNode, Parsed, SectionNode, SetValueNode } from './syntax-tree.ts'

const sectionKeywords = ['SET', 'REMOVE', 'ADD', 'DELETE'] as const
const keywords: ReadonlySet<string> = new Set(sectionKeywords)

/** Throws TableRequestError: TABLE_EXPRESSION_INVALID. */
export function parseUpdate(text: string): Parsed<readonly SectionNode[]> {
  return new UpdateParser(text, { parameter: 'UpdateExpression', keywords, continuesPaths: false }).parse()
}

class UpdateParser extends OperandParser {
  parse(): Parsed<readonly SectionNode[]> {
    const tree: SectionNode[] = []
    do tree.push(this.#parseSection())
    while (this.reader.next.kind !== 'end')
    if (this.operators > OPERATORS_MAX) throw this.tooManyOperators()
    return { tree, hasRedundantParentheses: this.hasRedundantParentheses, operators: this.operators }
  }

  #parseSection(): SectionNode {
    const keyword = sectionKeywords.find((one) => this.reader.isKeyword(one))
    if (keyword === undefined) throw this.reader.syntaxError()
    this.reader.take()
    const actions: ActionNode[] = []
    do actions.push(this.#parseAction(keyword))
    while (this.reader.skip(','))
    return { keyword, actions }
  }

  #parseAction(keyword: SectionNode['keyword']): ActionNode {
    const path = this.parsePath()
    if (keyword === 'REMOVE') return { kind: 'remove', path }
    if (keyword === 'SET') {
      this.reader.expect('=')
      return { kind: 'set', path, value: this.#parseSetValue() }
    }
    const { start, end, text } = this.reader.expectKind(':value')
    const value = { kind: 'value', reference: text, span: { start, end } } as const
    return { kind: keyword === 'ADD' ? 'add' : 'delete', path, value }
  }

  #parseSetValue(): SetValueNode {
    const first = this.reader.isSymbol('(')
      ? this.parenthesized(() => this.#parseSetValue())
      : this.parseBareOperand()
    const { next } = this.reader
    if (next.text !== '+' && next.text !== '-') return first
    // Only two operands make a sum: (a + b) + c is none.
    if (first.kind === 'sum') throw this.reader.syntaxError()
    this.reader.take()
    this.operators++
    const operands = [first, this.parseOperand()] as const
    return {
      kind: 'sum',
      operator: next.text,
      operands,
      span: { start: first.span.start, end: this.reader.passed },
    }
  }
}
