/**
 * Binds a condition's placeholders and checks what the grammar leaves open, in the service's order: redundant parentheses,
 * unknown functions, functions in wrong places, reserved words; then for each condition by itself, from left to right:
 * undefined placeholders, numbers of operands, operands that are the same, types of operands.
 */
import type { AttributeType, AttributeValue } from '../attribute-value.ts'
import { isAttributeType, typeOf } from '../values/attribute-type.ts'
import { compareValues } from '../values/compare.ts'
import { itemToJson } from '../values/plain-json.ts'
import { Binder } from './binder.ts'
import type { Condition, Operand } from './condition-tree.ts'
import type { Placeholders } from './placeholders.ts'
import type { CallNode, ConditionNode, OperandNode, Parsed } from './syntax-tree.ts'

const operandsMax = 100
const ordered: readonly AttributeType[] = ['S', 'N', 'B']
const measurable: readonly AttributeType[] = ['S', 'B', 'SS', 'NS', 'BS', 'L', 'M']

/** Numbers of operands. */
const functions: ReadonlyMap<string, number> = new Map([
  ['attribute_exists', 1],
  ['attribute_not_exists', 1],
  ['attribute_type', 2],
  ['begins_with', 2],
  ['contains', 2],
  ['size', 1],
])
const functionsOfUpdates: ReadonlySet<string> = new Set(['if_not_exists', 'list_append'])

/** Throws TableRequestError: TABLE_EXPRESSION_INVALID. */
export function bindCondition(
  parameter: string,
  parsed: Parsed<ConditionNode>,
  placeholders: Placeholders,
): Condition {
  return new ConditionBinder(parameter, placeholders).bind(parsed)
}

class ConditionBinder extends Binder {
  bind({ tree, hasRedundantParentheses }: Parsed<ConditionNode>): Condition {
    if (hasRedundantParentheses) throw this.invalid('The expression has redundant parentheses;')
    this.#assertFunctionsKnown(tree)
    this.#assertFunctionsInPlace(tree)
    forEachOperand(tree, (operands) => this.assertNoReservedWords(operands))
    return this.#bind(tree)
  }

  #assertFunctionsKnown(node: ConditionNode): void {
    const check = (operands: readonly OperandNode[]): void => {
      for (const operand of operands) {
        if (operand.kind !== 'call') continue
        check(operand.operands)
        if (functions.has(operand.name) || functionsOfUpdates.has(operand.name)) continue
        throw this.unknownFunction(operand.name)
      }
    }
    forEachOperand(node, (operands, call) => check(call === undefined ? operands : [call]))
  }

  /** Only size() gives a value, and all others give a condition. */
  #assertFunctionsInPlace(node: ConditionNode): void {
    const check = (operands: readonly OperandNode[]): void => {
      for (const operand of operands) {
        if (operand.kind !== 'call') continue
        check(operand.operands)
        this.#assertOfConditions(operand)
        if (operand.name !== 'size') throw this.misused(operand.name)
      }
    }
    forEachOperand(node, (operands, call) => {
      check(operands)
      if (call === undefined) return
      this.#assertOfConditions(call)
      if (call.name === 'size') throw this.misused('size')
    })
  }

  #assertOfConditions(call: CallNode): void {
    if (!functionsOfUpdates.has(call.name)) return
    throw this.invalid(`The function is not allowed in a condition expression; function: ${call.name}`)
  }

  #bind(node: ConditionNode): Condition {
    switch (node.kind) {
      case 'and':
      case 'or':
        return { kind: node.kind, conditions: node.conditions.map((condition) => this.#bind(condition)) }
      case 'not':
        return { kind: 'not', condition: this.#bind(node.condition) }
      case 'comparison': {
        const operands = this.#pair(node.operands)
        this.#assertDistinct(node.comparator, operands)
        if (node.comparator !== '=' && node.comparator !== '<>') {
          for (const operand of operands) {
            this.assertOperandType(node.comparator, constantOf(operand), ordered)
          }
        }
        return { kind: 'comparison', comparator: node.comparator, operands }
      }
      case 'between': {
        const [operand, lower, upper] = node.operands
        const operands = [this.#operand(operand), this.#operand(lower), this.#operand(upper)] as const
        this.#assertDistinct('BETWEEN', operands)
        this.#assertBounds(constantOf(operands[1]), constantOf(operands[2]))
        for (const one of operands) this.assertOperandType('BETWEEN', constantOf(one), ordered)
        return { kind: 'between', operands }
      }
      case 'in': {
        const [operand, ...candidates] = node.operands.map((one) => this.#operand(one))
        if (operand === undefined) throw new Error('tables invariant: IN has an operand')
        if (candidates.length > operandsMax) throw this.wrongOperandCount('IN', candidates.length)
        this.#assertDistinct('IN', [operand, ...candidates])
        return { kind: 'in', operand, candidates }
      }
      case 'call':
        return this.#call(node)
    }
  }

  #call(node: CallNode): Condition {
    const operands = node.operands.map((operand) => this.#operand(operand))
    this.assertOperandCount(node, functions.get(node.name) ?? 0)
    const [first, second] = operands
    if (first === undefined) throw new Error('tables invariant: a function has an operand')
    if (second === undefined) {
      if (first.kind !== 'path') throw this.needsPath(node.name)
      return { kind: node.name === 'attribute_exists' ? 'exists' : 'missing', path: first.path }
    }
    this.#assertDistinct(node.name, [first, second])
    if (node.name === 'attribute_type') return this.#typeTest(first, second)
    if (node.name === 'contains') return { kind: 'contains', operands: [first, second] }
    for (const operand of [first, second]) {
      if (operand.kind === 'size') throw this.wrongOperandType('begins_with', 'N')
      this.assertOperandType('begins_with', constantOf(operand), ['S', 'B'])
    }
    return { kind: 'begins', operands: [first, second] }
  }

  #typeTest(operand: Operand, wanted: Operand): Condition {
    const type = wanted.kind === 'size' ? 'N' : wanted.kind === 'constant' ? typeOf(wanted.value) : undefined
    if (wanted.kind !== 'constant' || !('S' in wanted.value)) {
      throw this.wrongOperandType('attribute_type', type ?? '{NS,SS,L,BS,N,M,B,BOOL,NULL,S}')
    }
    const name = wanted.value.S
    if (!isAttributeType(name)) {
      throw this.invalid(
        `Invalid attribute type name found; type: ${name}, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}`,
      )
    }
    return { kind: 'type', operand, type: name }
  }

  #pair([left, right]: readonly [OperandNode, OperandNode]): readonly [Operand, Operand] {
    return [this.#operand(left), this.#operand(right)]
  }

  #operand(node: OperandNode): Operand {
    if (node.kind === 'path') return { kind: 'path', path: this.path(node) }
    if (node.kind === 'value') return { kind: 'constant', value: this.value(node) }
    // Functions in place: it is size().
    const operands = node.operands.map((operand) => this.#operand(operand))
    this.assertOperandCount(node, 1)
    const [operand] = operands
    if (operand === undefined || operand.kind === 'size') throw this.wrongOperandType('size', 'N')
    this.assertOperandType('size', constantOf(operand), measurable)
    return { kind: 'size', operand }
  }

  #assertDistinct(operator: string, [first, ...others]: readonly Operand[]): void {
    if (first?.kind !== 'path') return
    for (const other of others)
      if (other.kind === 'path') this.assertDistinct(operator, first.path, other.path)
  }

  #assertBounds(lower: AttributeValue | undefined, upper: AttributeValue | undefined): void {
    if (lower === undefined || upper === undefined) return
    const operands = `lower bound operand: ${showConstant(lower)}, upper bound operand: ${showConstant(upper)}`
    if (typeOf(lower) !== typeOf(upper)) {
      throw this.invalid(
        `The BETWEEN operator requires same data type for lower and upper bounds; ${operands}`,
      )
    }
    if ((compareValues(lower, upper) ?? 0) > 0) {
      throw this.invalid(
        `The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ${operands}`,
      )
    }
  }
}

/** The operands of each condition that is no AND, OR or NOT, from left to right; those of a call come with the call. */
function forEachOperand(
  node: ConditionNode,
  visit: (operands: readonly OperandNode[], call?: CallNode) => void,
): void {
  switch (node.kind) {
    case 'and':
    case 'or':
      for (const condition of node.conditions) forEachOperand(condition, visit)
      break
    case 'not':
      forEachOperand(node.condition, visit)
      break
    case 'call':
      visit(node.operands, node)
      break
    default:
      visit(node.operands)
  }
}

function constantOf(operand: Operand): AttributeValue | undefined {
  return operand.kind === 'constant' ? operand.value : undefined
}

/** As the service shows constants: AttributeValue: {N:1} */
function showConstant(value: AttributeValue): string {
  const type = typeOf(value)
  return `AttributeValue: {${type}:${constantText(value)}}`
}

function constantText(value: AttributeValue): string {
  if ('S' in value) return value.S
  if ('B' in value) return value.B
  return 'NULL' in value ? 'true' : itemToJson({ value }).slice('{"value":'.length, -1)
}
