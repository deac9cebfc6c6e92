/**
 * Oracle for conditions: walks the syntax tree for each item, slowly. Numbers are exact integers, strings and binaries are
 * byte arrays, everything else is compared by a sorted text.
 */
import type { AttributeValue, TypedItem } from '../attribute-value.ts'
import type { ConditionNode, OperandNode, PathNode } from '../expression/syntax-tree.ts'
import { exactNumber } from './exact-number.ts'

export interface Meanings {
  readonly names: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, AttributeValue>>
}

type Found = AttributeValue | undefined

export function naiveCondition(node: ConditionNode, item: TypedItem, meanings: Meanings): boolean {
  const again = (inner: ConditionNode): boolean => naiveCondition(inner, item, meanings)
  const of = (operand: OperandNode): Found => valueOfOperand(operand, item, meanings)
  switch (node.kind) {
    case 'and':
      return node.conditions.filter(again).length === node.conditions.length
    case 'or':
      return node.conditions.filter(again).length > 0
    case 'not':
      return !again(node.condition)
    case 'in': {
      const [first, ...rest] = node.operands.map(of)
      return first !== undefined && rest.some((one) => one !== undefined && textOf(one) === textOf(first))
    }
    case 'between': {
      const [value, lower, upper] = node.operands.map(of)
      const [down, up] = [order(lower, value), order(value, upper)]
      return down !== undefined && up !== undefined && down <= 0 && up <= 0
    }
    case 'comparison': {
      const [a, b] = node.operands.map(of)
      const isEqual = a !== undefined && b !== undefined && textOf(a) === textOf(b)
      if (node.comparator === '=') return isEqual
      if (node.comparator === '<>') return !isEqual
      const sign = order(a, b)
      if (sign === undefined) return false
      return { '<': sign < 0, '<=': sign <= 0, '>': sign > 0, '>=': sign >= 0 }[node.comparator]
    }
    case 'call':
      return naiveCall(node.name, node.operands.map(of))
  }
}

function naiveCall(name: string, [a, b]: readonly Found[]): boolean {
  if (name === 'attribute_exists') return a !== undefined
  if (name === 'attribute_not_exists') return a === undefined
  if (a === undefined || b === undefined) return false
  const [[type, content]] = Object.entries(a) as [[string, unknown]]
  if (name === 'attribute_type') return 'S' in b && type === b.S
  const [[partType]] = Object.entries(b) as [[string, unknown]]
  if (name === 'begins_with') return type === partType && indexIn(a, b) === 0
  if (Array.isArray(content)) {
    if (type === 'L') return content.some((member) => textOf(member) === textOf(b))
    return content.some(
      (member) => textOf({ [type.charAt(0)]: member } as unknown as AttributeValue) === textOf(b),
    )
  }
  return type === partType && (type === 'S' || type === 'B') && indexIn(a, b) >= 0
}

function indexIn(a: AttributeValue, b: AttributeValue): number {
  return (bytesOf(a) ?? Buffer.alloc(0)).indexOf(bytesOf(b) ?? Buffer.from([1]))
}

function bytesOf(value: AttributeValue): Buffer | undefined {
  if ('S' in value) return Buffer.from(value.S)
  return 'B' in value ? Buffer.from(value.B, 'base64') : undefined
}

export function valueOfOperand(node: OperandNode, item: TypedItem, meanings: Meanings): Found {
  if (node.kind === 'value') return meanings.values[node.reference]
  if (node.kind === 'path') return valueAt(node, item, meanings)
  const [value] = node.operands.map((operand) => valueOfOperand(operand, item, meanings))
  if (value === undefined) return undefined
  const [[type, content]] = Object.entries(value) as [[string, string | object]]
  if (type === 'S') return { N: String((content as string).length) }
  if (type === 'B') return { N: String(Buffer.from(content as string, 'base64').length) }
  return typeof content === 'object' ? { N: String(Object.keys(content).length) } : undefined
}

function valueAt(node: PathNode, item: TypedItem, meanings: Meanings): Found {
  let at: Found = { M: item }
  for (const part of node.parts) {
    if (at === undefined) return undefined
    if (part.kind === 'index') {
      const list: readonly AttributeValue[] = 'L' in at ? at.L : []
      at = list[part.index]
    } else {
      const name: string = part.kind === 'name' ? part.name : meanings.names[part.reference]!
      at = 'M' in at ? new Map(Object.entries(at.M)).get(name) : undefined
    }
  }
  return at
}

function order(a: Found, b: Found): number | undefined {
  if (a === undefined || b === undefined) return undefined
  if ('N' in a && 'N' in b) return Math.sign(Number(exactNumber(a.N) - exactNumber(b.N)))
  if (Object.keys(a)[0] !== Object.keys(b)[0]) return undefined
  const [left, right] = [bytesOf(a), bytesOf(b)]
  return left === undefined || right === undefined ? undefined : Buffer.compare(left, right)
}

/** One text for each value. */
export function textOf(value: AttributeValue): string {
  if ('N' in value) return `N${exactNumber(value.N)}`
  if ('NS' in value) return `NS${value.NS.map(exactNumber).sort().join()}`
  if ('L' in value) return `L[${value.L.map(textOf).join()}]`
  if ('M' in value) {
    const members = Object.entries(value.M).map(
      ([name, member]) => `${JSON.stringify(name)}:${textOf(member)}`,
    )
    return `M{${members.sort().join()}}`
  }
  return JSON.stringify(value, (_key, part: unknown) => (Array.isArray(part) ? part.toSorted() : part))
}
