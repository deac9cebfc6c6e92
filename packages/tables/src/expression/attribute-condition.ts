/**
 * A condition on one attribute as a comparison operator and its arguments: the form of the older parameters, and what is
 * left of key conditions. The checks here need no table.
 */
import type { AttributeType, AttributeValue } from '../attribute-value.ts'
import { typeOf } from '../values/attribute-type.ts'
import { compareValues } from '../values/compare.ts'
import { invalidParameter, invalidValue } from '../values/request-error.ts'

export const comparisonOperators = [
  'EQ',
  'NE',
  'LE',
  'LT',
  'GE',
  'GT',
  'NOT_NULL',
  'NULL',
  'CONTAINS',
  'NOT_CONTAINS',
  'BEGINS_WITH',
  'IN',
  'BETWEEN',
] as const

export type ComparisonOperator = (typeof comparisonOperators)[number]

export interface AttributeCondition {
  readonly operator: ComparisonOperator
  readonly values: readonly AttributeValue[]
}

const everyType: readonly AttributeType[] = ['S', 'N', 'B', 'BOOL', 'NULL', 'M', 'L', 'SS', 'NS', 'BS']
const ordered: readonly AttributeType[] = ['S', 'N', 'B']

/** Least and greatest number of arguments, and their types. */
const rules: Record<
  ComparisonOperator,
  { readonly min: number; readonly max: number; readonly types: readonly AttributeType[] }
> = {
  EQ: { min: 1, max: 1, types: everyType },
  NE: { min: 1, max: 1, types: everyType },
  LE: { min: 1, max: 1, types: ordered },
  LT: { min: 1, max: 1, types: ordered },
  GE: { min: 1, max: 1, types: ordered },
  GT: { min: 1, max: 1, types: ordered },
  NOT_NULL: { min: 0, max: 0, types: [] },
  NULL: { min: 0, max: 0, types: [] },
  CONTAINS: { min: 1, max: 1, types: ['S', 'N', 'B', 'BOOL', 'NULL'] },
  NOT_CONTAINS: { min: 1, max: 1, types: ['S', 'N', 'B', 'BOOL', 'NULL'] },
  BEGINS_WITH: { min: 1, max: 1, types: ['S', 'B'] },
  IN: { min: 1, max: Number.POSITIVE_INFINITY, types: ordered },
  BETWEEN: { min: 2, max: 2, types: ordered },
}

/** Throws TableRequestError: TABLE_VALUE_INVALID, with the service's words. */
export function assertAttributeCondition({ operator, values }: AttributeCondition): void {
  const { min, max, types } = rules[operator]
  if (values.length < min || values.length > max) {
    throw invalidParameter(`Invalid number of argument(s) for the ${operator} ComparisonOperator`)
  }
  const [first, second] = values
  if (first === undefined) return
  const type = typeOf(first)
  if (values.some((value) => typeOf(value) !== type)) {
    throw invalidParameter('AttributeValues inside AttributeValueList must be of same type')
  }
  if (!types.includes(type)) {
    throw invalidParameter(`ComparisonOperator ${operator} is not valid for ${type} AttributeValue type`)
  }
  if (operator === 'BETWEEN' && second !== undefined && (compareValues(first, second) ?? 0) > 0) {
    throw invalidValue(
      'The BETWEEN condition was provided a range where the lower bound is greater than the upper bound',
    )
  }
}
