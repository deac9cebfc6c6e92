/** The parameters from before expressions: Expected, AttributeUpdates, KeyConditions, filters. The Kinesis Client Library lives on them. */
import type { Dice } from './dice.ts'
import {
  attributeNames,
  attributes,
  type Key,
  keyValue,
  type TableShape,
  type ValueKind,
  valueLike,
} from './random-values.ts'
import type { Json, JsonObject } from './table-peer.ts'

/** Of Expected, and the two filters (which know no Value or Exists). */
export function legacyConditions(dice: Dice, { isFilter }: { readonly isFilter: boolean }): JsonObject {
  const names = dice.some([...attributeNames, 'p', 's', 'g'], 15)
  if (names.length === 0) names.push('a')
  return Object.fromEntries(
    names.map((name) => {
      const kind: ValueKind = name in attributes ? attributes[name as keyof typeof attributes] : 'any' // The name is one of them.
      if (isFilter || dice.chance(60)) return [name, comparison(dice, kind)]
      if (dice.chance(30)) return [name, { Exists: false }]
      return [name, { Value: valueLike(dice, kind), ...(dice.chance(20) ? { Exists: dice.chance(90) } : {}) }]
    }),
  )
}

export function attributeUpdates(dice: Dice, { indexes, partition }: TableShape): JsonObject {
  const updates: Record<string, Json> = {}
  for (const name of dice.some(attributeNames, 25)) {
    const kind = attributes[name]
    const Value = valueLike(dice, kind)
    updates[name] = dice.weighted<Json>(
      [4, () => ({ Value, Action: 'PUT' })],
      [1, () => ({ Value })],
      [2, () => ({ Action: 'DELETE' })],
      [1, () => ({ Value, Action: 'DELETE' })],
      [3, () => ({ Value, Action: 'ADD' })],
    )
  }
  const index = indexes[0]
  if (index !== undefined && dice.chance(20))
    updates[index.partition.name] = { Value: keyValue(dice, index.partition), Action: 'PUT' }
  if (dice.chance(2)) updates[partition.name] = { Value: keyValue(dice, partition), Action: 'PUT' }
  return updates
}

export function keyConditions(
  dice: Dice,
  { partition, sort }: { readonly partition: Key; readonly sort?: Key },
): JsonObject {
  const equal = { ComparisonOperator: 'EQ', AttributeValueList: [keyValue(dice, partition)] }
  if (sort === undefined || dice.chance(40)) return { [partition.name]: equal }
  const operator = dice.pick([
    'EQ',
    'LE',
    'LT',
    'GE',
    'GT',
    'BEGINS_WITH',
    'BETWEEN',
    dice.chance(10) ? 'NE' : 'EQ',
  ])
  return {
    [partition.name]: equal,
    [sort.name]: {
      ComparisonOperator: operator,
      AttributeValueList: dice.times(operator === 'BETWEEN' ? 2 : 1, () => keyValue(dice, sort)),
    },
  }
}

function comparison(dice: Dice, kind: ValueKind): JsonObject {
  const operator = dice.pick([
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
  ])
  const count = { NOT_NULL: 0, NULL: 0, BETWEEN: 2, IN: 1 + dice.below(3) }[operator] ?? 1
  const wrong = dice.chance(2) ? 1 : 0
  const elementKind = kind === 'numbers' ? 'number' : kind === 'strings' ? 'string' : kind
  const like = operator === 'CONTAINS' || operator === 'NOT_CONTAINS' ? elementKind : kind
  return {
    ComparisonOperator: operator,
    ...(count + wrong === 0
      ? {}
      : { AttributeValueList: dice.times(count + wrong, () => valueLike(dice, like)) }),
  }
}
