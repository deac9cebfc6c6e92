/**
 * Key conditions: which partition to read, and which range of its sort keys. An expression or the older KeyConditions
 * become the same plan before the table is known, since the service checks as much as it can without the table.
 */
import type { KeyDefinition, KeyValue } from '@millrace/store'
import type { AttributeValue } from '../attribute-value.ts'
import type { SortRange } from '../port.ts'
import { keyAttributeType, keyValueOf } from '../values/key-value.ts'
import {
  invalidExpression,
  invalidParameter,
  invalidValue,
  type TableRequestError,
} from '../values/request-error.ts'
import {
  type AttributeCondition,
  assertAttributeCondition,
  type ComparisonOperator,
} from './attribute-condition.ts'
import type { Condition, Operand } from './condition-tree.ts'

export interface KeySchema {
  readonly partitionKey: KeyDefinition
  readonly sortKey?: KeyDefinition
}

export interface KeyRange {
  readonly partition: KeyValue
  readonly sort?: SortRange
}

const operatorOf = { '=': 'EQ', '<': 'LT', '<=': 'LE', '>': 'GT', '>=': 'GE' } as const
/** The same comparison from the other side. */
const turned = { '=': 'EQ', '<': 'GT', '<=': 'GE', '>': 'LT', '>=': 'LE' } as const
const indexable: ReadonlySet<ComparisonOperator> = new Set([
  'EQ',
  'LT',
  'LE',
  'GT',
  'GE',
  'BETWEEN',
  'BEGINS_WITH',
])

/** Conditions on one or two attributes, complete but for the table. */
export class KeyCondition {
  readonly #conditions: ReadonlyMap<string, AttributeCondition>

  /** Throws TableRequestError: TABLE_VALUE_INVALID. */
  constructor(conditions: ReadonlyMap<string, AttributeCondition>) {
    for (const condition of conditions.values()) assertAttributeCondition(condition)
    if (conditions.size !== 1 && conditions.size !== 2) {
      throw invalidValue('Conditions can be of length 1 or 2 only')
    }
    this.#conditions = conditions
  }

  /** For the keys of a table or index. Throws TableRequestError: TABLE_VALUE_INVALID. */
  rangeOf({ partitionKey, sortKey }: KeySchema): KeyRange {
    if (sortKey === undefined && this.#conditions.size > 1) throw notSupported()
    const partition = this.#condition(partitionKey, true)
    const sort = sortKey === undefined ? undefined : this.#condition(sortKey, false)
    // Checked before: there is a condition on the partition key, and it has one value, of the key's type.
    const value = keyValueOf(partition!.values[0]!, partitionKey.type)!
    if (sortKey === undefined || sort === undefined) return { partition: value }
    return { partition: value, sort: rangeOf(sort, sortKey) }
  }

  #condition(key: KeyDefinition, isPartition: boolean): AttributeCondition | undefined {
    const condition = this.#conditions.get(key.name)
    if (condition === undefined) {
      if (!isPartition && this.#conditions.size === 1) return undefined
      throw invalidValue(`Query condition missed key schema element: ${key.name}`)
    }
    if (!indexable.has(condition.operator)) {
      throw invalidValue('Attempted conditional constraint is not an indexable operation')
    }
    const type = keyAttributeType[key.type]
    if (condition.values.some((value) => !(type in value))) {
      throw invalidParameter('Condition parameter type does not match schema type')
    }
    if (isPartition && condition.operator !== 'EQ') throw notSupported()
    for (const value of condition.values) assertNotEmpty(value, key.name)
    return condition
  }
}

function notSupported(): TableRequestError {
  return invalidValue('Query key condition not supported')
}

function assertNotEmpty(value: AttributeValue, key: string): void {
  const empty =
    'S' in value && value.S === '' ? 'string' : 'B' in value && value.B === '' ? 'binary' : undefined
  if (empty === undefined) return
  throw invalidValue(
    'One or more parameter values are not valid. ' +
      `The AttributeValue for a key attribute cannot contain an empty ${empty} value. Key: ${key}`,
  )
}

function rangeOf({ operator, values }: AttributeCondition, key: KeyDefinition): SortRange {
  // The values were seen to be of the key's type, and the first to be there.
  const [value, upper] = values.map((one) => keyValueOf(one, key.type)!)
  const bound = { value: value!, inclusive: true }
  switch (operator) {
    case 'LT':
      return { to: { value: value!, inclusive: false } }
    case 'LE':
      return { to: bound }
    case 'GT':
      return { from: { value: value!, inclusive: false } }
    case 'GE':
      return { from: bound }
    case 'BETWEEN':
      return { from: bound, to: { value: upper!, inclusive: true } }
    case 'BEGINS_WITH':
      if (typeof value === 'string' || value instanceof Uint8Array) return { prefix: value }
      throw new Error('tables invariant: only strings and binaries have prefixes')
    default:
      return { from: bound, to: bound }
  }
}

/** The plan of a bound KeyConditionExpression. Throws TableRequestError: TABLE_EXPRESSION_INVALID. */
export function keyConditionOf(condition: Condition): KeyCondition {
  const conditions = new Map<string, AttributeCondition>()
  collect(condition, conditions)
  return new KeyCondition(conditions)
}

function collect(condition: Condition, into: Map<string, AttributeCondition>): void {
  switch (condition.kind) {
    case 'and':
      for (const one of condition.conditions) collect(one, into)
      return
    case 'or':
    case 'not':
    case 'in':
      throw wrongOperator(condition.kind.toUpperCase())
    case 'exists':
      throw wrongOperator('attribute_exists')
    case 'missing':
      throw wrongOperator('attribute_not_exists')
    case 'type':
      throw wrongOperator('attribute_type')
    case 'contains':
      throw wrongOperator('contains')
    case 'between':
      add('BETWEEN', condition.operands, into, 'BETWEEN')
      return
    case 'begins':
      add('BEGINS_WITH', condition.operands, into, 'begins_with')
      return
    case 'comparison': {
      const { comparator, operands } = condition
      if (comparator === '<>') throw wrongOperator('<>')
      const isTurned = operands[0].kind !== 'path'
      add(isTurned ? turned[comparator] : operatorOf[comparator], operands, into)
    }
  }
}

/** `pathFirst`: name of an operator that has the attribute as its first operand only. */
function add(
  operator: ComparisonOperator,
  operands: readonly Operand[],
  into: Map<string, AttributeCondition>,
  pathFirst?: string,
): void {
  if (pathFirst !== undefined && operands[0]?.kind !== 'path') {
    throw wrongCondition(`${pathFirst} operator must have the key attribute as its first operand`)
  }
  let name: string | undefined
  const values: AttributeValue[] = []
  for (const operand of operands) {
    if (operand.kind === 'size') {
      throw invalidExpression('KeyConditionExpressions cannot contain nested operations')
    }
    if (operand.kind === 'constant') {
      values.push(operand.value)
      continue
    }
    if (name !== undefined) throw wrongCondition('Multiple attribute names used in one condition')
    if (operand.path.length > 1) {
      throw invalidExpression('KeyConditionExpressions cannot have conditions on nested attributes')
    }
    name = operand.path[0]
  }
  if (name === undefined) throw wrongCondition('No key attribute specified')
  if (into.has(name)) {
    throw invalidExpression('KeyConditionExpressions must only contain one condition per key')
  }
  into.set(name, { operator, values })
}

function wrongOperator(operator: string): TableRequestError {
  return invalidExpression(`Invalid operator used in KeyConditionExpression: ${operator}`)
}

function wrongCondition(problem: string): TableRequestError {
  return invalidExpression(`Invalid condition in KeyConditionExpression: ${problem}`)
}
