/** Syntax trees as text, with the parentheses that are needed and no others. */
import type {
  ActionNode,
  ConditionNode,
  OperandNode,
  PathNode,
  SectionNode,
  SetValueNode,
} from '../expression/syntax-tree.ts'

export function printCondition(node: ConditionNode): string {
  switch (node.kind) {
    case 'call':
      return printOperand(node)
    case 'comparison':
      return node.operands.map(printOperand).join(` ${node.comparator} `)
    case 'between': {
      const [operand, lower, upper] = node.operands.map(printOperand)
      return `${operand} BETWEEN ${lower} AND ${upper}`
    }
    case 'in': {
      const [operand, ...candidates] = node.operands.map(printOperand)
      return `${operand} IN (${candidates.join(', ')})`
    }
    case 'not':
      return `NOT ${printMember(node.condition, ['and', 'or'])}`
    case 'and':
      return node.conditions.map((one) => printMember(one, ['and', 'or'])).join(' AND ')
    case 'or':
      return node.conditions.map((one) => printMember(one, ['or'])).join(' OR ')
  }
}

function printMember(node: ConditionNode, looser: readonly string[]): string {
  const text = printCondition(node)
  return looser.includes(node.kind) ? `(${text})` : text
}

export function printOperand(node: OperandNode): string {
  if (node.kind === 'path') return printPath(node)
  if (node.kind === 'value') return node.reference
  return `${node.name}(${node.operands.map(printOperand).join(', ')})`
}

export function printPath({ parts }: PathNode): string {
  return parts
    .map((part, i) => {
      if (part.kind === 'index') return `[${part.index}]`
      return (i === 0 ? '' : '.') + (part.kind === 'name' ? part.name : part.reference)
    })
    .join('')
}

export function printUpdate(sections: readonly SectionNode[]): string {
  return sections.map(({ keyword, actions }) => `${keyword} ${actions.map(printAction).join(', ')}`).join(' ')
}

function printAction(node: ActionNode): string {
  if (node.kind === 'remove') return printPath(node.path)
  if (node.kind === 'set') return `${printPath(node.path)} = ${printSetValue(node.value)}`
  return `${printPath(node.path)} ${node.value.reference}`
}

function printSetValue(node: SetValueNode): string {
  if (node.kind !== 'sum') return printOperand(node)
  return node.operands.map(printOperand).join(` ${node.operator} `)
}
