/**
 * The older forms of conditions: Expected and ConditionalOperator, QueryFilter, ScanFilter and KeyConditions. They become
 * the trees of expressions, and say what is wrong in the service's words for them.
 *
 * A condition on a missing attribute is false, but for NULL and NE; NOT_CONTAINS is false there too.
 */
import type { AttributeValue } from '../attribute-value.ts'
import {
  type AttributeCondition,
  assertAttributeCondition,
  type ComparisonOperator,
  comparisonOperators,
} from '../expression/attribute-condition.ts'
import type { Condition, Operand } from '../expression/condition-tree.ts'
import { ItemCondition } from '../expression/item-condition.ts'
import { KeyCondition } from '../expression/key-condition.ts'
import { OPERATORS_MAX } from '../expression/operand-parser.ts'
import {
  assertObject,
  assertString,
  type JsonObject,
  listOf,
  readBoolean,
} from '../values/attribute-shape.ts'
import { readAttributeValue } from '../values/read-attribute-value.ts'
import { invalidParameter, invalidValue, type TableRequestError } from '../values/request-error.ts'

/** As many as an expression has operators: each item is held against all of them. */
const CONDITIONS_MAX = OPERATORS_MAX

/** In the service's order, which its messages show. */
const operatorSet =
  '[IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS]'
const operators: ReadonlySet<string> = new Set(comparisonOperators)

export type FilterParameter = 'QueryFilter' | 'ScanFilter'

/**
 * Undefined if nothing is expected. Throws TableRequestError: TABLE_VALUE_INVALID.
 */
export function expectedCondition(
  expected: unknown,
  conditionalOperator: unknown,
): ItemCondition | undefined {
  const entries = entriesOf(expected, 'ExpectedAttributeValue')
  const isAny = readConditionalOperator(conditionalOperator, entries.length)
  return joined(
    entries.map(([name, entry]) => treeOf(name, readExpected(name, entry))),
    isAny,
  )
}

/** Undefined without a filter. Throws TableRequestError: TABLE_VALUE_INVALID. */
export function filterCondition(
  parameter: FilterParameter,
  filter: unknown,
  conditionalOperator: unknown,
): ItemCondition | undefined {
  const entries = entriesOf(filter, 'Condition')
  if (entries.length > CONDITIONS_MAX) {
    throw invalidValue(
      `${parameter} has too many conditions; condition count: ${entries.length}, allowed are ${CONDITIONS_MAX}`,
    )
  }
  const isAny = readConditionalOperator(conditionalOperator, entries.length)
  const conditions = entries.map(([name, entry]) => {
    const condition = readCondition(parameter, name, entry)
    assertAttributeCondition(condition)
    return treeOf(name, condition)
  })
  return joined(conditions, isAny)
}

/** Throws TableRequestError: TABLE_VALUE_INVALID. */
export function legacyKeyCondition(keyConditions: unknown): KeyCondition {
  const entries = entriesOf(keyConditions, 'Condition')
  return new KeyCondition(
    new Map(entries.map(([name, entry]) => [name, readCondition('KeyConditions', name, entry)])),
  )
}

function entriesOf(input: unknown, className: string): readonly (readonly [string, JsonObject])[] {
  if (input == null) return []
  const typeName = `com.amazonaws.dynamodb.v20120810.${className}`
  assertObject(input, 'Unexpected field type', `java.util.Map<java.lang.String, ${typeName}>`)
  return Object.entries(input).map(([name, entry]) => {
    assertObject(entry, 'Unexpected value type in payload', `class ${typeName}`)
    return [name, entry] as const
  })
}

/** Whether one of the conditions is enough. */
function readConditionalOperator(input: unknown, conditions: number): boolean {
  if (input == null) return false
  assertString(input)
  if (input !== 'AND' && input !== 'OR') {
    throw outsideEnum(`'${input}'`, 'conditionalOperator', '[OR, AND]')
  }
  if (conditions === 0) {
    throw invalidValue('ConditionalOperator cannot be used without Filter or Expected')
  }
  if (conditions === 1) {
    throw invalidValue(
      'ConditionalOperator can only be used when Filter or Expected has two or more elements',
    )
  }
  return input === 'OR'
}

function readCondition(parameter: string, name: string, entry: JsonObject): AttributeCondition {
  const place = `${parameter.charAt(0).toLowerCase()}${parameter.slice(1)}.${name}.member.comparisonOperator`
  const operator = entry.ComparisonOperator
  if (operator == null) {
    throw invalidValue(
      `1 validation error detected: Value null at '${place}' failed to satisfy constraint: Member must not be null`,
    )
  }
  return { operator: readOperator(operator, place), values: readValues(entry.AttributeValueList) }
}

function readOperator(input: unknown, place: string): ComparisonOperator {
  assertString(input)
  if (!operators.has(input)) throw outsideEnum(`'${input}'`, place, operatorSet)
  // It is one of them.
  return input as ComparisonOperator
}

function outsideEnum(value: string, place: string, allowed: string): TableRequestError {
  return invalidValue(
    `1 validation error detected: Value ${value} at '${place}' failed to satisfy constraint: ` +
      `Member must satisfy enum value set: ${allowed}`,
  )
}

function readValues(input: unknown): readonly AttributeValue[] {
  return input == null ? [] : listOf(input).map((value) => readAttributeValue(value ?? {}))
}

function readExpected(name: string, entry: JsonObject): AttributeCondition {
  const { AttributeValueList: list, ComparisonOperator: operator, Exists: exists, Value: value } = entry
  if (list != null && value != null) {
    throw invalidParameter(`Value and AttributeValueList cannot be used together for Attribute: ${name}`)
  }
  if (operator != null) return readCompared(name, entry)
  if (list != null) {
    throw invalidParameter(
      `AttributeValueList can only be used with a ComparisonOperator for Attribute: ${name}`,
    )
  }
  const isThere = exists == null || readBoolean(exists)
  if (isThere && value == null) {
    const shown = exists == null ? 'null' : 'true'
    throw invalidParameter(`Value must be provided when Exists is ${shown} for Attribute: ${name}`)
  }
  if (!isThere && value != null) {
    throw invalidParameter(`Value cannot be used when Exists is false for Attribute: ${name}`)
  }
  return isThere ? { operator: 'EQ', values: [readAttributeValue(value)] } : { operator: 'NULL', values: [] }
}

function readCompared(name: string, entry: JsonObject): AttributeCondition {
  const { AttributeValueList: list, Exists: exists, Value: value } = entry
  const operator = readOperator(entry.ComparisonOperator, `expected.${name}.member.comparisonOperator`)
  if (exists != null) {
    throw invalidParameter(`Exists and ComparisonOperator cannot be used together for Attribute: ${name}`)
  }
  if (operator !== 'NULL' && operator !== 'NOT_NULL' && list == null && value == null) {
    throw invalidParameter(
      `Value or AttributeValueList must be used with ComparisonOperator: ${operator} for Attribute: ${name}`,
    )
  }
  const values = value == null ? readValues(list) : [readAttributeValue(value)]
  const condition = { operator, values }
  assertAttributeCondition(condition)
  return condition
}

function joined(conditions: readonly Condition[], isAny: boolean): ItemCondition | undefined {
  const [first] = conditions
  if (first === undefined) return undefined
  return new ItemCondition(conditions.length === 1 ? first : { kind: isAny ? 'or' : 'and', conditions })
}

const comparators = { EQ: '=', NE: '<>', LE: '<=', LT: '<', GE: '>=', GT: '>' } as const

function treeOf(name: string, { operator, values }: AttributeCondition): Condition {
  const path = [name] as const
  const operand: Operand = { kind: 'path', path }
  const candidates = values.map((value): Operand => ({ kind: 'constant', value }))
  // Numbers of values were checked with the condition.
  const [first, second] = candidates
  switch (operator) {
    case 'NOT_NULL':
      return { kind: 'exists', path }
    case 'NULL':
      return { kind: 'missing', path }
    case 'IN':
      return { kind: 'in', operand, candidates }
    case 'BETWEEN':
      return { kind: 'between', operands: [operand, first!, second!] }
    case 'CONTAINS':
      return { kind: 'contains', operands: [operand, first!] }
    case 'NOT_CONTAINS': {
      const condition: Condition = { kind: 'contains', operands: [operand, first!] }
      return {
        kind: 'and',
        conditions: [
          { kind: 'exists', path },
          { kind: 'not', condition },
        ],
      }
    }
    case 'BEGINS_WITH':
      return { kind: 'begins', operands: [operand, first!] }
    default:
      return { kind: 'comparison', comparator: comparators[operator], operands: [operand, first!] }
  }
}
