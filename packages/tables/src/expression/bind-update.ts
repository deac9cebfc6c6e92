/**
 * Binds an update's placeholders and checks what the grammar leaves open, in the service's order: reserved words, unknown
 * functions, sections that come twice, undefined placeholders, paths that overlap or conflict, operands of ADD and DELETE,
 * operands of functions.
 */
import type { AttributeType, AttributeValue } from '../attribute-value.ts'
import { typeOf } from '../values/attribute-type.ts'
import { Binder } from './binder.ts'
import { describeClash } from './document-path.ts'
import type { Placeholders } from './placeholders.ts'
import type { ActionNode, OperandNode, Parsed, SectionNode, SetValueNode } from './syntax-tree.ts'
import type { SetValue, UpdateAction } from './update-tree.ts'

const functions: ReadonlySet<string> = new Set(['if_not_exists', 'list_append'])
const functionsOfConditions: ReadonlySet<string> = new Set([
  'attribute_exists',
  'attribute_not_exists',
  'attribute_type',
  'begins_with',
  'contains',
  'size',
])

/** As errors of ADD and DELETE name types; sets are what these are for. */
const longTypeNames: Partial<Record<AttributeType, string>> = {
  S: 'STRING',
  N: 'NUMBER',
  B: 'BINARY',
  NULL: 'NULL',
  BOOL: 'BOOLEAN',
  L: 'LIST',
  M: 'MAP',
}

/** Throws TableRequestError: TABLE_EXPRESSION_INVALID. */
export function bindUpdate(
  parsed: Parsed<readonly SectionNode[]>,
  placeholders: Placeholders,
): readonly UpdateAction[] {
  return new UpdateBinder('UpdateExpression', placeholders).bind(parsed)
}

class UpdateBinder extends Binder {
  bind({ tree, hasRedundantParentheses }: Parsed<readonly SectionNode[]>): readonly UpdateAction[] {
    if (hasRedundantParentheses) throw this.invalid('The expression has redundant parentheses;')
    const nodes = tree.flatMap((section) => section.actions)
    for (const node of nodes) this.assertNoReservedWords([node.path, ...operandsOf(node)])
    for (const node of nodes) this.#assertFunctionsKnown(operandsOf(node))
    this.#assertSectionsOnce(tree)
    const actions = this.#bindActions(nodes)
    const clash = describeClash(actions.map((action) => action.path))
    if (clash !== undefined) throw this.invalid(clash)
    for (const action of actions) this.#assertSetOperand(action)
    for (const node of nodes) if (node.kind === 'set') this.#checkValue(node.value)
    return actions
  }

  #assertFunctionsKnown(operands: readonly OperandNode[]): void {
    for (const operand of operands) {
      if (operand.kind !== 'call') continue
      this.#assertFunctionsKnown(operand.operands)
      if (functionsOfConditions.has(operand.name)) {
        throw this.invalid(`The function is not allowed in an update expression; function: ${operand.name}`)
      }
      if (!functions.has(operand.name)) throw this.unknownFunction(operand.name)
    }
  }

  #assertSectionsOnce(sections: readonly SectionNode[]): void {
    const seen = new Set<string>()
    for (const { keyword } of sections) {
      if (seen.has(keyword)) {
        throw this.invalid(`The "${keyword}" section can only be used once in an update expression;`)
      }
      seen.add(keyword)
    }
  }

  /** Undefined names are reported before undefined values, wherever they stand. */
  #bindActions(nodes: readonly ActionNode[]): readonly UpdateAction[] {
    for (const node of nodes) {
      this.path(node.path)
      forEachLeaf(operandsOf(node), (leaf) => leaf.kind === 'path' && this.path(leaf))
    }
    for (const node of nodes) {
      forEachLeaf(operandsOf(node), (leaf) => leaf.kind === 'value' && this.value(leaf))
    }
    return nodes.map((node) => this.#bindAction(node))
  }

  #bindAction(node: ActionNode): UpdateAction {
    const path = this.path(node.path)
    switch (node.kind) {
      case 'set':
        return { kind: 'set', path, value: this.#bindValue(node.value) }
      case 'remove':
        return { kind: 'remove', path }
      case 'add':
      case 'delete':
        return {
          kind: node.kind,
          path,
          value: this.value(node.value),
          mismatch: 'An operand in the update expression has an incorrect data type',
        }
    }
  }

  /** Calls with a wrong number of operands are refused by #checkValue; what this makes of them is not used. */
  #bindValue(node: SetValueNode): SetValue {
    if (node.kind === 'path') return { kind: 'path', path: this.path(node) }
    if (node.kind === 'value') return { kind: 'constant', value: this.value(node) }
    const [first, second] = node.operands
    if (first === undefined || second === undefined) return this.#bindValue(first ?? second!)
    const operands = [this.#bindValue(first), this.#bindValue(second)] as const
    if (node.kind === 'sum') return { kind: node.operator === '+' ? 'add' : 'subtract', operands }
    if (node.name === 'list_append') return { kind: 'append', operands }
    const [path, otherwise] = operands
    return path.kind === 'path' ? { kind: 'default', path: path.path, otherwise } : otherwise
  }

  #assertSetOperand(action: UpdateAction): void {
    if (action.kind !== 'add' && action.kind !== 'delete') return
    const type = typeOf(action.value)
    const name = longTypeNames[type]
    if (name === undefined || (type === 'N' && action.kind === 'add')) return
    const operator = action.kind.toUpperCase()
    throw this.invalid(
      'Incorrect operand type for operator or function; ' +
        `operator: ${operator}, operand type: ${name}, typeSet: ALLOWED_FOR_${operator}_OPERAND`,
    )
  }

  #checkValue(node: SetValueNode): void {
    if (node.kind === 'path' || node.kind === 'value') return
    for (const operand of node.operands) this.#checkValue(operand)
    if (node.kind === 'sum') {
      for (const operand of node.operands) {
        this.assertOperandType(node.operator, this.#constant(operand), ['N'])
      }
      return
    }
    this.assertOperandCount(node, 2)
    for (const operand of node.operands) {
      // Why, only the service knows: list_append does not nest, and if_not_exists does.
      if (operand.kind === 'call' && operand.name === 'list_append') throw this.misused('list_append')
    }
    if (node.name === 'if_not_exists') {
      const [place, otherwise] = node.operands
      if (place?.kind !== 'path') throw this.needsPath(node.name)
      if (otherwise?.kind === 'path') this.assertDistinct(node.name, this.path(place), this.path(otherwise))
      return
    }
    for (const operand of node.operands) {
      this.assertOperandType(node.name, this.#constant(operand), ['L'])
    }
  }

  #constant(node: OperandNode): AttributeValue | undefined {
    return node.kind === 'value' ? this.value(node) : undefined
  }
}

function operandsOf(node: ActionNode): readonly OperandNode[] {
  if (node.kind === 'remove') return []
  return node.value.kind === 'sum' ? node.value.operands : [node.value]
}

function forEachLeaf(
  operands: readonly OperandNode[],
  visit: (leaf: Exclude<OperandNode, { kind: 'call' }>) => unknown,
): void {
  for (const operand of operands) {
    if (operand.kind === 'call') forEachLeaf(operand.operands, visit)
    else visit(operand)
  }
}
