/**
 * What binding does alike for all kinds of expressions: sizes, reserved words, paths and values behind placeholders, and
 * the checks of functions. Errors carry the parameter's name in front.
 *
 * The service looks for one sort of error in the whole expression before it looks for the next, in the order in which the
 * binders call these functions.
 */
import type { AttributeType, AttributeValue } from '../attribute-value.ts'
import { typeOf } from '../values/attribute-type.ts'
import { NESTING_LEVELS_MAX } from '../values/read-attribute-value.ts'
import { invalidExpression, type TableRequestError } from '../values/request-error.ts'
import { type DocumentPath, samePath, showPath } from './document-path.ts'
import type { Placeholders } from './placeholders.ts'
import { isReservedWord } from './reserved-words.ts'
import type { CallNode, OperandNode, PathNode, ValueNode } from './syntax-tree.ts'

const expressionBytesMax = 4096

export class Binder {
  readonly #parameter: string
  readonly #placeholders: Placeholders

  constructor(parameter: string, placeholders: Placeholders) {
    this.#parameter = parameter
    this.#placeholders = placeholders
  }

  invalid(problem: string): TableRequestError {
    return invalidExpression(`Invalid ${this.#parameter}: ${problem}`)
  }

  assertSize(text: string): void {
    if (text === '') throw this.invalid('The expression can not be empty;')
    const bytes = text.length > expressionBytesMax / 4 ? Buffer.byteLength(text) : text.length
    if (bytes <= expressionBytesMax) return
    throw this.invalid(`Expression size has exceeded the maximum allowed size; expression size: ${bytes}`)
  }

  assertNoReservedWords(operands: readonly OperandNode[]): void {
    for (const operand of operands) {
      if (operand.kind === 'call') this.assertNoReservedWords(operand.operands)
      if (operand.kind !== 'path') continue
      for (const part of operand.parts) {
        if (part.kind !== 'name' || !isReservedWord(part.name)) continue
        throw this.invalid(`Attribute name is a reserved keyword; reserved keyword: ${part.name}`)
      }
    }
  }

  path(node: PathNode): DocumentPath {
    const parts = node.parts.map((part) => {
      if (part.kind === 'index') return part.index
      return part.kind === 'name' ? part.name : this.#name(part.reference)
    })
    if (parts.length > NESTING_LEVELS_MAX) {
      throw this.invalid(`The document path has too many nesting levels; nesting levels: ${parts.length}`)
    }
    const [first, ...rest] = parts
    if (typeof first !== 'string') throw new Error('tables invariant: a path starts with a name')
    return [first, ...rest]
  }

  #name(reference: string): string {
    const name = this.#placeholders.name(reference)
    if (name !== undefined) return name
    throw this.invalid(
      `An expression attribute name used in the document path is not defined; attribute name: ${reference}`,
    )
  }

  value(node: ValueNode): AttributeValue {
    const value = this.#placeholders.value(node.reference)
    if (value !== undefined) return value
    throw this.invalid(
      `An expression attribute value used in expression is not defined; attribute value: ${node.reference}`,
    )
  }

  assertOperandCount(call: CallNode, count: number): void {
    if (call.operands.length !== count) throw this.wrongOperandCount(call.name, call.operands.length)
  }

  wrongOperandCount(operator: string, count: number): TableRequestError {
    return this.invalid(
      'Incorrect number of operands for operator or function; ' +
        `operator or function: ${operator}, number of operands: ${count}`,
    )
  }

  needsPath(operator: string): TableRequestError {
    return this.invalid(`Operator or function requires a document path; operator or function: ${operator}`)
  }

  wrongOperandType(operator: string, type: string): TableRequestError {
    return this.invalid(
      'Incorrect operand type for operator or function; ' +
        `operator or function: ${operator}, operand type: ${type}`,
    )
  }

  /** A type that is known before any item is: of a constant. */
  assertOperandType(
    operator: string,
    constant: AttributeValue | undefined,
    allowed: readonly AttributeType[],
  ): void {
    const type = constant === undefined ? undefined : typeOf(constant)
    if (type !== undefined && !allowed.includes(type)) throw this.wrongOperandType(operator, type)
  }

  assertDistinct(operator: string, first: DocumentPath, other: DocumentPath): void {
    if (!samePath(first, other)) return
    throw this.invalid(
      'The first operand must be distinct from the remaining operands for this operator or function; ' +
        `operator: ${operator}, first operand: ${showPath(first)}`,
    )
  }

  misused(name: string): TableRequestError {
    return this.invalid(`The function is not allowed to be used this way in an expression; function: ${name}`)
  }

  unknownFunction(name: string): TableRequestError {
    return this.invalid(`Invalid function name; function: ${name}`)
  }
}
