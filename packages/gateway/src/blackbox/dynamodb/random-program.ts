/**
 * A random program against the DynamoDB API: tables, and requests of all kinds to them, about one in six spoilt somehow.
 * Everything follows from the seed.
 */
import { seededRandom } from '@millrace/values'
import { Dice } from './dice.ts'
import { Expressions } from './random-expressions.ts'
import { attributeUpdates, keyConditions, legacyConditions } from './random-legacy.ts'
import {
  attributeNames,
  createTableInput,
  itemOf,
  keyOf,
  randomShape,
  spoiltKey,
  spoiltValue,
  type TableShape,
} from './random-values.ts'
import type { Json, JsonObject } from './table-peer.ts'

export interface Step {
  readonly operation: string
  readonly input: JsonObject
  /** Follow LastEvaluatedKey to the end. */
  readonly isPaged?: true
}

export interface Program {
  readonly tables: readonly { readonly shape: TableShape; readonly create: JsonObject }[]
  readonly steps: readonly Step[]
}

export interface ProgramOptions {
  readonly seed: number | string
  readonly steps: number
  /** Operations that the oracle does not know. */
  readonly without?: readonly string[]
  /** Tables have change streams. */
  readonly changes?: boolean
}

export function randomProgram({ seed, steps, without = [], changes = false }: ProgramOptions): Program {
  const dice = new Dice(seededRandom(seed))
  const tables = dice.times(2, (i) => {
    const shape = randomShape(dice, `table-${i}`)
    const create = createTableInput(dice, shape)
    if (!changes) return { shape, create }
    const StreamViewType = dice.pick(['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES'])
    return { shape, create: { ...create, StreamSpecification: { StreamEnabled: true, StreamViewType } } }
  })
  const shapes = tables.map(({ shape }) => shape)
  const list: Step[] = []
  while (list.length < steps) {
    const step = randomStep(dice, shapes)
    if (!without.includes(step.operation)) list.push(dice.chance(6) ? spoil(dice, step) : step)
  }
  return { tables, steps: list }
}

function randomStep(dice: Dice, shapes: readonly TableShape[]): Step {
  const shape = dice.pick(shapes)
  return dice.weighted<Step>(
    [14, () => ({ operation: 'PutItem', input: putItem(dice, shape) })],
    [14, () => ({ operation: 'UpdateItem', input: updateItem(dice, shape) })],
    [5, () => ({ operation: 'DeleteItem', input: deleteItem(dice, shape) })],
    [4, () => ({ operation: 'GetItem', input: getItem(dice, shape) })],
    [10, () => readStep(dice, { operation: 'Query', input: query(dice, shape) })],
    [6, () => readStep(dice, { operation: 'Scan', input: scan(dice, shape) })],
    [2, () => ({ operation: 'BatchGetItem', input: batchGet(dice, shapes) })],
    [3, () => ({ operation: 'BatchWriteItem', input: batchWrite(dice, shapes) })],
    [2, () => ({ operation: 'TransactGetItems', input: transactGet(dice, shapes) })],
    [4, () => ({ operation: 'TransactWriteItems', input: transactWrite(dice, shapes) })],
  )
}

function readStep(dice: Dice, step: Step): Step {
  return dice.chance(50) ? { ...step, isPaged: true } : step
}

function putItem(dice: Dice, shape: TableShape): JsonObject {
  const expressions = new Expressions(dice, shape)
  return {
    TableName: shape.name,
    Item: itemOf(dice, shape),
    ...condition(dice, expressions, 40),
    ...maybe(dice, 30, 'ReturnValues', () =>
      dice.pick(['NONE', 'ALL_OLD', 'ALL_OLD', 'ALL_OLD', 'UPDATED_NEW', 'x']),
    ),
    ...capacity(dice),
    ...maybe(dice, 5, 'ReturnItemCollectionMetrics', () => 'SIZE'),
    ...expressions.placeholders.members(),
  }
}

function updateItem(dice: Dice, shape: TableShape): JsonObject {
  const expressions = new Expressions(dice, shape)
  const isLegacy = dice.chance(25)
  const update: JsonObject = isLegacy
    ? {
        AttributeUpdates: attributeUpdates(dice, shape),
        ...(dice.chance(3) ? { UpdateExpression: expressions.update() } : {}),
      }
    : dice.chance(4)
      ? {}
      : { UpdateExpression: expressions.update() }
  return {
    TableName: shape.name,
    Key: keyOf(dice, shape),
    ...update,
    ...(isLegacy && !dice.chance(3) ? legacyExpected(dice, 40) : condition(dice, expressions, 35, !isLegacy)),
    ...maybe(dice, 60, 'ReturnValues', () =>
      dice.pick(['NONE', 'ALL_OLD', 'ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW', 'ALL_NEW']),
    ),
    ...capacity(dice),
    ...expressions.placeholders.members(),
  }
}

function deleteItem(dice: Dice, shape: TableShape): JsonObject {
  const expressions = new Expressions(dice, shape)
  return {
    TableName: shape.name,
    Key: keyOf(dice, shape),
    ...condition(dice, expressions, 40),
    ...maybe(dice, 40, 'ReturnValues', () => dice.pick(['NONE', 'ALL_OLD', 'ALL_OLD', 'ALL_NEW'])),
    ...capacity(dice),
    ...expressions.placeholders.members(),
  }
}

function getItem(dice: Dice, shape: TableShape): JsonObject {
  const expressions = new Expressions(dice, shape)
  return {
    TableName: shape.name,
    Key: keyOf(dice, shape),
    ...maybe(dice, 30, 'ConsistentRead', () => dice.chance(70)),
    ...projection(dice, expressions),
    ...capacity(dice),
    ...expressions.placeholders.members(),
  }
}

function query(dice: Dice, shape: TableShape): JsonObject {
  const expressions = new Expressions(dice, shape)
  const index = shape.indexes.length > 0 && dice.chance(50) ? dice.pick(shape.indexes) : undefined
  const isLegacy = dice.chance(25)
  const queried = index ?? shape
  return {
    TableName: shape.name,
    ...(index === undefined ? {} : { IndexName: index.name }),
    ...(isLegacy
      ? {
          KeyConditions: keyConditions(dice, queried),
          ...maybe(dice, 20, 'QueryFilter', () => legacyConditions(dice, { isFilter: true })),
          ...maybe(dice, 10, 'ConditionalOperator', () => dice.pick(['AND', 'OR'])),
          ...maybe(dice, 15, 'AttributesToGet', () => dice.some([...attributeNames, 'p', 's'], 30)),
        }
      : {
          KeyConditionExpression: expressions.keyCondition(queried),
          ...maybe(dice, 30, 'FilterExpression', () => expressions.condition()),
          ...projection(dice, expressions),
        }),
    ...pageMembers(dice, shape),
    ...maybe(dice, 50, 'ScanIndexForward', () => dice.chance(30)),
    ...expressions.placeholders.members(),
  }
}

function scan(dice: Dice, shape: TableShape): JsonObject {
  const expressions = new Expressions(dice, shape)
  const index = shape.indexes.length > 0 && dice.chance(30) ? dice.pick(shape.indexes) : undefined
  return {
    TableName: shape.name,
    ...(index === undefined ? {} : { IndexName: index.name }),
    ...(dice.chance(20)
      ? {
          ScanFilter: legacyConditions(dice, { isFilter: true }),
          ...maybe(dice, 40, 'ConditionalOperator', () => dice.pick(['AND', 'OR'])),
        }
      : {
          ...maybe(dice, 40, 'FilterExpression', () => expressions.condition()),
          ...projection(dice, expressions),
        }),
    ...pageMembers(dice, shape),
    ...(dice.chance(2) ? { Segment: dice.below(3), TotalSegments: dice.below(3) } : {}),
    ...expressions.placeholders.members(),
  }
}

function batchGet(dice: Dice, shapes: readonly TableShape[]): JsonObject {
  const tables = dice.some(shapes, 80).map((shape) => {
    const expressions = new Expressions(dice, shape)
    const Keys = uniqueKeys(dice, shape, 1 + dice.below(5))
    return [
      shape.name,
      { Keys, ...projection(dice, expressions), ...expressions.placeholders.members() },
    ] as const
  })
  return { RequestItems: Object.fromEntries(tables), ...capacity(dice) }
}

function batchWrite(dice: Dice, shapes: readonly TableShape[]): JsonObject {
  const tables = dice.some(shapes, 80).map((shape) => {
    const requests = uniqueKeys(dice, shape, 1 + dice.below(6)).map((Key) =>
      dice.chance(70)
        ? { PutRequest: { Item: { ...itemOf(dice, shape), ...Key } } }
        : { DeleteRequest: { Key } },
    )
    return [shape.name, requests] as const
  })
  return { RequestItems: Object.fromEntries(tables), ...capacity(dice) }
}

function transactGet(dice: Dice, shapes: readonly TableShape[]): JsonObject {
  const TransactItems = dice.times(dice.chance(95) ? 1 + dice.below(4) : 0, () => {
    const shape = dice.pick(shapes)
    const expressions = new Expressions(dice, shape)
    const projected = projection(dice, expressions, false)
    return {
      Get: {
        TableName: shape.name,
        Key: keyOf(dice, shape),
        ...projected,
        ...expressions.placeholders.members(),
      },
    }
  })
  return { TransactItems, ...capacity(dice) }
}

function transactWrite(dice: Dice, shapes: readonly TableShape[]): JsonObject {
  const TransactItems = dice.times(1 + dice.below(4), (): Json => {
    const shape = dice.pick(shapes)
    const expressions = new Expressions(dice, shape)
    const TableName = shape.name
    const checked = (percent: number): JsonObject => ({
      ...condition(dice, expressions, percent, true),
      ...maybe(dice, 20, 'ReturnValuesOnConditionCheckFailure', () => 'ALL_OLD'),
    })
    const rest = (): JsonObject => expressions.placeholders.members()
    return dice.weighted<Json>(
      [4, () => ({ Put: { TableName, Item: itemOf(dice, shape), ...checked(30), ...rest() } })],
      [
        3,
        () => ({
          Update: {
            TableName,
            Key: keyOf(dice, shape),
            UpdateExpression: expressions.update(),
            ...checked(20),
            ...rest(),
          },
        }),
      ],
      [2, () => ({ Delete: { TableName, Key: keyOf(dice, shape), ...checked(30), ...rest() } })],
      [2, () => ({ ConditionCheck: { TableName, Key: keyOf(dice, shape), ...checked(97), ...rest() } })],
    )
  })
  return { TransactItems, ...capacity(dice) }
}

function condition(
  dice: Dice,
  expressions: Expressions,
  percent: number,
  isExpression = dice.chance(75),
): JsonObject {
  const failure = maybe(dice, 15, 'ReturnValuesOnConditionCheckFailure', () => 'ALL_OLD')
  if (!isExpression) return legacyExpected(dice, percent)
  return dice.chance(percent) ? { ConditionExpression: expressions.condition(), ...failure } : {}
}

function legacyExpected(dice: Dice, percent: number): JsonObject {
  if (!dice.chance(percent)) return {}
  const Expected = legacyConditions(dice, { isFilter: false })
  return { Expected, ...maybe(dice, 30, 'ConditionalOperator', () => dice.pick(['AND', 'OR'])) }
}

function projection(dice: Dice, expressions: Expressions, mayBeLegacy = true): JsonObject {
  if (mayBeLegacy && dice.chance(5)) return { AttributesToGet: dice.some([...attributeNames, 'p', 'g'], 30) }
  return maybe(dice, 30, 'ProjectionExpression', () => expressions.projection())
}

function pageMembers(dice: Dice, shape: TableShape): JsonObject {
  return {
    ...maybe(dice, 40, 'Limit', () => (dice.chance(3) ? 0 : 1 + dice.below(5))),
    ...maybe(dice, 15, 'Select', () =>
      dice.pick(['COUNT', 'ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES', 'SPECIFIC_ATTRIBUTES']),
    ),
    ...maybe(dice, 3, 'ExclusiveStartKey', () => keyOf(dice, shape)),
    ...maybe(dice, 15, 'ConsistentRead', () => dice.chance(50)),
    ...capacity(dice),
  }
}

function capacity(dice: Dice): JsonObject {
  return maybe(dice, 10, 'ReturnConsumedCapacity', () => dice.pick(['TOTAL', 'INDEXES', 'NONE']))
}

function uniqueKeys(dice: Dice, shape: TableShape, count: number): JsonObject[] {
  const keys = new Map<string, JsonObject>()
  for (let i = 0; i < count; i++) {
    const key = keyOf(dice, shape)
    keys.set(dice.chance(98) ? JSON.stringify(key) : `${i}`, key)
  }
  return [...keys.values()]
}

function maybe(dice: Dice, percent: number, name: string, make: () => Json): JsonObject {
  return dice.chance(percent) ? { [name]: make() } : {}
}

/** One thing in the request is made wrong. */
function spoil(dice: Dice, step: Step): Step {
  const { input } = step
  const shape = { type: dice.pick(['S', 'N', 'B'] as const), name: '' }
  const spoilt = dice.weighted<JsonObject>(
    [4, () => without(input, dice.pick(Object.keys(input)))],
    [2, () => ({ ...input, TableName: dice.pick<Json>(['nowhere', '', 'a', 'a b', 'x'.repeat(300)]) })],
    [2, () => ({ ...input, IndexName: dice.pick(['nowhere', 'a', 'global-1']) })],
    [4, () => inMap(dice, input, ['Key', 'Item', 'ExclusiveStartKey'], (map, name) => without(map, name))],
    [
      4,
      () =>
        inMap(dice, input, ['Key', 'Item', 'ExclusiveStartKey'], (map, name) => ({
          ...map,
          [name]: spoiltKey(dice, shape),
        })),
    ],
    [2, () => inMap(dice, input, ['Key', 'ExclusiveStartKey'], (map) => ({ ...map, a: { S: 'a' } }))],
    [
      4,
      () =>
        inMap(dice, input, ['Item', 'ExpressionAttributeValues'], (map, name) => ({
          ...map,
          [name]: spoiltValue(dice),
        })),
    ],
    [
      2,
      () => ({
        ...input,
        [dice.pick(['ReturnValues', 'ReturnConsumedCapacity', 'Select', 'ConditionalOperator'])]: dice.pick([
          'none',
          'ALL',
          'OR',
          'AND',
        ]),
      }),
    ],
    [1, () => ({ ...input, Limit: dice.pick([0, -1, 1]) })],
  )
  return { ...step, input: spoilt }
}

function without(object: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name))
}

/** Changes one of these members of the request, if it has one. */
function inMap(
  dice: Dice,
  input: JsonObject,
  names: readonly string[],
  change: (map: JsonObject, name: string) => JsonObject,
): JsonObject {
  for (const name of names) {
    const map = input[name]
    if (typeof map !== 'object' || map === null || Array.isArray(map)) continue
    // Neither null nor a list.
    const object = map as JsonObject
    const keys = Object.keys(object)
    if (keys.length > 0) return { ...input, [name]: change(object, dice.pick(keys)) }
  }
  return input
}
