/**
 * Conditions of ConditionExpression, FilterExpression and KeyConditionExpression, by operator precedence (Pratt):
 *
 *   condition  = condition 'OR' condition                                     binds loosest
 *              | condition 'AND' condition
 *              | 'NOT' condition
 *              | operand comparator operand
 *              | operand 'BETWEEN' operand 'AND' operand
 *              | operand 'IN' '(' operand (',' operand)* ')'
 *              | call | '(' condition ')'
 *
 * Parentheses may hold a condition or an operand, which shows only behind them. So both are read by one function, and a
 * node is refused where it is of the wrong sort. Names and functions are checked later (bind-condition.ts).
 */
import { OPERATORS_MAX, OperandParser } from './operand-parser.ts'
import type { Comparator, ConditionNode, OperandNode, Parsed } from './syntax-tree.ts'

const keywords: ReadonlySet<string> = new Set(['BETWEEN', 'IN', 'AND', 'OR', 'NOT'])
const comparators: ReadonlySet<string> = new Set<Comparator>(['=', '<>', '<', '<=', '>', '>='])

/** What binds at least so tight is read. */
const precedence = { or: 1, and: 2, not: 3 } as const
const anyPrecedence = 0

/** Throws TableRequestError: TABLE_EXPRESSION_INVALID, with the parameter's name. */
export function parseCondition(parameter: string, text: string): Parsed<ConditionNode> {
  return new ConditionParser(text, { parameter, keywords, continuesPaths: true }).parse()
}

class ConditionParser extends OperandParser {
  parse(): Parsed<ConditionNode> {
    const tree = this.#asCondition(this.#parseNode(anyPrecedence))
    if (this.reader.next.kind !== 'end') throw this.reader.syntaxError()
    if (this.operators > OPERATORS_MAX) throw this.tooManyOperators()
    return { tree, hasRedundantParentheses: this.hasRedundantParentheses, operators: this.operators }
  }

  #parseNode(binding: number): ConditionNode | OperandNode {
    let node = this.#parseStart()
    for (;;) {
      const { next } = this.reader
      if (next.kind === 'symbol' && comparators.has(next.text)) node = this.#parseComparison(node)
      else if (this.reader.isKeyword('BETWEEN')) node = this.#parseBetween(node)
      else if (this.reader.isKeyword('IN')) node = this.#parseIn(node)
      else if (binding < precedence.and && this.reader.isKeyword('AND')) node = this.#parseSeries('and', node)
      else if (binding < precedence.or && this.reader.isKeyword('OR')) node = this.#parseSeries('or', node)
      else return node
    }
  }

  #parseStart(): ConditionNode | OperandNode {
    if (this.reader.isSymbol('(')) return this.parenthesized(() => this.#parseNode(anyPrecedence))
    if (!this.reader.isKeyword('NOT')) return this.parseBareOperand()
    const { start } = this.reader.take()
    this.operators++
    const condition = this.#asCondition(this.deeper(() => this.#parseNode(precedence.not)))
    return { kind: 'not', condition, span: { start, end: this.reader.passed } }
  }

  #parseComparison(left: ConditionNode | OperandNode): ConditionNode {
    const first = this.#asOperand(left)
    // Checked before: the next token is a comparator.
    const comparator = this.reader.take().text as Comparator
    this.operators++
    const operands = [first, this.parseOperand()] as const
    return { kind: 'comparison', comparator, operands, span: this.#spanFrom(first) }
  }

  #parseBetween(left: ConditionNode | OperandNode): ConditionNode {
    const first = this.#asOperand(left)
    this.reader.take()
    this.operators++
    const lower = this.parseOperand()
    if (!this.reader.isKeyword('AND')) throw this.reader.syntaxError()
    this.reader.take()
    const operands = [first, lower, this.parseOperand()] as const
    return { kind: 'between', operands, span: this.#spanFrom(first) }
  }

  #parseIn(left: ConditionNode | OperandNode): ConditionNode {
    const first = this.#asOperand(left)
    this.reader.take()
    this.operators++
    this.reader.expect('(')
    const operands: [OperandNode, ...OperandNode[]] = [first, this.parseOperand()]
    while (this.reader.skip(',')) operands.push(this.parseOperand())
    this.reader.expect(')')
    return { kind: 'in', operands, span: this.#spanFrom(first) }
  }

  /** All members of an AND or OR at once, so that long ones are not deep. */
  #parseSeries(kind: 'and' | 'or', first: ConditionNode | OperandNode): ConditionNode {
    const conditions = [this.#asCondition(first)]
    while (this.reader.isKeyword(kind === 'and' ? 'AND' : 'OR')) {
      this.reader.take()
      this.operators++
      conditions.push(this.#asCondition(this.#parseNode(precedence[kind])))
    }
    return { kind, conditions, span: this.#spanFrom(conditions[0]!) }
  }

  /** What stands alone as a condition: anything but a path or a value, behind which an operator should follow. */
  #asCondition(node: ConditionNode | OperandNode): ConditionNode {
    if (node.kind === 'path' || node.kind === 'value') throw this.reader.syntaxError()
    return node
  }

  #asOperand(node: ConditionNode | OperandNode): OperandNode {
    if (node.kind === 'path' || node.kind === 'value' || node.kind === 'call') return node
    throw this.reader.syntaxError()
  }

  #spanFrom(first: ConditionNode | OperandNode): { start: number; end: number } {
    return { start: first.span.start, end: this.reader.passed }
  }
}
