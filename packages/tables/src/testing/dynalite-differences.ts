/**
 * Where answers may differ from dynalite's, and why ours are wanted: one entry for each, with the conditions or updates that
 * it is about, and an example on which both answers are known. A difference that no entry covers fails the comparison.
 */
import { isDeepStrictEqual } from 'node:util'
import type { AttributeValue, TypedItem } from '../attribute-value.ts'
import type { ConditionNode, OperandNode, SectionNode } from '../expression/syntax-tree.ts'
import { type Meanings, valueOfOperand } from './naive-condition.ts'

type Found = AttributeValue | undefined

/** A condition that is no AND, OR or NOT, with the values of its operands for the item. */
export interface Leaf {
  /** The comparator, the function, BETWEEN or IN. */
  readonly operator: string
  readonly operands: readonly Found[]
  /** What size() was asked of. */
  readonly measured: readonly Found[]
}

export interface Example {
  readonly expression: string
  readonly values?: Readonly<Record<string, AttributeValue>>
  /** Beside its key; undefined: there is no item. */
  readonly item: TypedItem | undefined
  /** Whether the condition holds; what the update leaves of the item; or the error. */
  readonly ours: boolean | string | TypedItem
  readonly theirs: boolean | string | TypedItem
}

export interface ConditionDifference {
  readonly name: string
  readonly reason: string
  readonly example: Example
  readonly applies: (leaf: Leaf, text: string) => boolean
}

const [n1, n2, n3] = [{ N: '1' }, { N: '2' }, { N: '3' }]
const orders = ['<', '<=', '>', '>=', 'BETWEEN']
const equalities = ['=', '<>', 'IN', 'contains']
const isDocument = (value: Found): boolean => value !== undefined && ('L' in value || 'M' in value)
const hasOrder = (value: Found): boolean =>
  value === undefined || 'S' in value || 'N' in value || 'B' in value
const isFalsy = (value: Found): boolean => value !== undefined && !Object.values(value)[0]

export const conditionDifferences: readonly ConditionDifference[] = [
  {
    name: 'NOT stands before NOT',
    reason: 'the grammar of dynalite wants parentheses between them; AWS does not',
    example: {
      expression: 'NOT NOT a = :v',
      values: { ':v': n1 },
      item: { a: n1 },
      ours: true,
      theirs: 'Invalid ConditionExpression: Syntax error; Expected "(" but "N" found.',
    },
    applies: (_leaf, text) => text.includes('NOT NOT'),
  },
  {
    name: 'the first operand of BETWEEN and IN is none of the others',
    reason: 'dynalite looks for that in comparisons and functions only; AWS everywhere',
    example: {
      expression: 'a IN (a)',
      item: { a: n1 },
      ours:
        'Invalid ConditionExpression: The first operand must be distinct from the remaining operands for this operator or ' +
        'function; operator: IN, first operand: [a]',
      theirs: true,
    },
    // One path has one value.
    applies: ({ operator, operands: [first, ...others] }) =>
      (operator === 'BETWEEN' || operator === 'IN') &&
      others.some((other) => isDeepStrictEqual(other, first)),
  },
  {
    name: 'lists and maps are compared by what they hold',
    reason: 'dynalite compares them as references, so that none equals another; AWS compares their parts',
    example: {
      expression: 'a = :v',
      values: { ':v': { L: [n1] } },
      item: { a: { L: [n1] } },
      ours: true,
      theirs: false,
    },
    applies: ({ operator, operands }) => equalities.includes(operator) && operands.some(isDocument),
  },
  {
    name: 'a missing operand equals nothing and comes before nothing',
    reason:
      'dynalite takes two missing operands for equal, and fails on a missing upper bound; AWS says false, and true for <>',
    example: { expression: 'a = b', item: {}, ours: false, theirs: true },
    applies: ({ operator, operands }) =>
      (operator === 'BETWEEN' && operands.includes(undefined)) ||
      operands.filter((operand) => operand === undefined).length > 1,
  },
  {
    name: 'empty values and false are values',
    reason: 'dynalite takes them for missing in IN, BETWEEN, attribute_type, contains and size',
    example: {
      expression: 'size(a) = :v',
      values: { ':v': { N: '0' } },
      item: { a: { S: '' } },
      ours: true,
      theirs: false,
    },
    applies: ({ operator, operands, measured }) =>
      measured.some(isFalsy) ||
      (!['=', '<>', '<', '<=', '>', '>='].includes(operator) &&
        operands.some((operand) => isFalsy(operand) || /"(?:S|B)":""/.test(JSON.stringify(operand) ?? ''))),
  },
  {
    name: 'only strings, numbers and binaries have an order',
    reason:
      'dynalite compares other types as JavaScript does; AWS says false of attributes, and refuses constants',
    example: {
      expression: 'a < b',
      item: { a: { BOOL: false }, b: { BOOL: true } },
      ours: false,
      theirs: true,
    },
    applies: ({ operator, operands }) => orders.includes(operator) && !operands.every(hasOrder),
  },
  {
    name: 'strings are ordered by their UTF-8 bytes',
    reason: 'dynalite orders them by UTF-16 units',
    example: {
      expression: 'a < :v',
      values: { ':v': { S: '😀' } },
      item: { a: { S: '\uffff' } },
      ours: true,
      theirs: false,
    },
    applies: ({ operator, operands }) =>
      orders.includes(operator) && /[\ud800-\uffff]/.test(JSON.stringify(operands)),
  },
  {
    name: 'parts of binaries are bytes',
    reason: 'dynalite decodes binaries as UTF-8 first, in which different bytes become one character',
    example: {
      expression: 'begins_with(a, :v)',
      values: { ':v': { B: '/w==' } },
      item: { a: { B: '/g==' } },
      ours: false,
      theirs: true,
    },
    applies: ({ operator, operands }) =>
      (operator === 'contains' || operator === 'begins_with') &&
      operands.some((operand) => operand !== undefined && ('B' in operand || 'BS' in operand)),
  },
]

/**
 * Conditions that end dynalite's process with an error, so that it cannot be asked: candidates of IN that are missing, and
 * upper bounds of another type.
 */
export function breaksDynalite({ operator, operands, measured }: Leaf): boolean {
  if (operator === 'IN') return operands.slice(1).includes(undefined) || measured.some(isFalsy)
  const [value, , upper] = operands
  return operator === 'BETWEEN' && value !== undefined && typeName(value) !== typeName(upper)
}

function typeName(value: Found): string | undefined {
  return value && Object.keys(value)[0]
}

export function leavesOf(node: ConditionNode, item: TypedItem, meanings: Meanings): readonly Leaf[] {
  switch (node.kind) {
    case 'and':
    case 'or':
      return node.conditions.flatMap((condition) => leavesOf(condition, item, meanings))
    case 'not':
      return leavesOf(node.condition, item, meanings)
    case 'call':
      return [leafOf(node.name, node.operands, item, meanings)]
    case 'comparison':
      return [leafOf(node.comparator, node.operands, item, meanings)]
    default:
      return [leafOf(node.kind.toUpperCase(), node.operands, item, meanings)]
  }
}

function leafOf(
  operator: string,
  operands: readonly OperandNode[],
  item: TypedItem,
  meanings: Meanings,
): Leaf {
  const of = (operand: OperandNode): Found => valueOfOperand(operand, item, meanings)
  const measured = operands.flatMap((operand) => (operand.kind === 'call' ? operand.operands.map(of) : []))
  return { operator, operands: operands.map(of), measured }
}

export interface UpdateDifference {
  readonly name: string
  readonly reason: string
  readonly example: Example
  readonly applies: (update: readonly SectionNode[], text: string, ours: string) => boolean
}

export const updateDifferences: readonly UpdateDifference[] = [
  {
    name: 'list indexes mean places in the item before',
    reason: 'dynalite removes one after the other, so that a removal moves what the next index means',
    example: {
      expression: 'REMOVE a[0], a[1]',
      item: { a: { L: [n1, n2, n3] } },
      ours: { a: { L: [n3] } },
      theirs: { a: { L: [n2] } },
    },
    applies: (update, text) => update.some(({ keyword }) => keyword !== 'SET') && /\[\d\].*\[\d\]/.test(text),
  },
  {
    name: 'actions do not see each other through values that they share',
    reason: 'dynalite puts the same object in two places and then changes it in one of them',
    example: {
      expression: 'SET b = a ADD a :v',
      values: { ':v': n1 },
      item: { a: n1 },
      ours: { a: n2, b: n1 },
      theirs: { a: n2, b: n2 },
    },
    applies: (update, text) =>
      update.flatMap(({ actions }) => actions).length > 1 &&
      /= *(?:if_not_exists\()?[a-d#]|:\w+.*:\w+/.test(text),
  },
  {
    name: 'sums of more than 38 digits are refused',
    reason: 'dynalite stores them',
    example: {
      expression: 'ADD a :v',
      values: { ':v': n1 },
      item: { a: { N: `1${'0'.repeat(40)}` } },
      ours: 'Number overflow. Attempting to store a number with magnitude larger than supported range',
      theirs: { a: { N: `1${'0'.repeat(39)}1` } },
    },
    applies: (_update, _text, ours) => /^Number (?:over|under)flow/.test(ours),
  },
  {
    name: 'an update that only takes away makes no item',
    reason: 'dynalite makes one of the key alone; AWS does nothing',
    example: { expression: 'REMOVE a', item: undefined, ours: 'no item', theirs: {} },
    applies: (_update, _text, ours) => ours === 'no item',
  },
]
