/**
 * Inputs of the operations on items. The order of members is that in which the service reports broken constraints, and
 * the enums are in the order in which it lists them.
 */
import type { Shape, ValueOf } from '../../wire/shape.ts'
import { attributeMap, attributeValue, parameterizedAttributeMap } from './attribute-shapes.ts'
import { indexName, tableName } from './name-shapes.ts'
import { boolean, integer, list, map, required, string, structure } from './value-shapes.ts'

export const returnConsumedCapacity = string({ enum: ['INDEXES', 'TOTAL', 'NONE'] })
const returnItemCollectionMetrics = string({ enum: ['SIZE', 'NONE'] })
const returnValues = string({ enum: ['ALL_NEW', 'UPDATED_OLD', 'ALL_OLD', 'NONE', 'UPDATED_NEW'] })
const returnOnFailure = string({ enum: ['ALL_OLD', 'NONE'] })
const conditionalOperator = string({ enum: ['OR', 'AND'] })
const select = string({
  enum: ['SPECIFIC_ATTRIBUTES', 'COUNT', 'ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES'],
})
const comparisonOperator = string({
  enum: [
    'IN',
    'NULL',
    'BETWEEN',
    'LT',
    'NOT_CONTAINS',
    'EQ',
    'GT',
    'NOT_NULL',
    'NE',
    'LE',
    'BEGINS_WITH',
    'GE',
    'CONTAINS',
  ],
})
const attributesToGet = list(string(), { min: 1, max: 255 })
const expressionNames = map(string(), { type: 'java.lang.String' })

const expected = map(
  structure('ExpectedAttributeValue', {
    AttributeValueList: list(attributeValue),
    ComparisonOperator: comparisonOperator,
    Exists: boolean(),
    Value: attributeValue,
  }),
  { type: 'ExpectedAttributeValue' },
)

const conditions = map(
  structure('Condition', {
    AttributeValueList: list(attributeValue),
    ComparisonOperator: required(comparisonOperator),
  }),
  { type: 'Condition' },
)

const attributeUpdates = map(
  structure('AttributeValueUpdate', {
    Action: string({ enum: ['ADD', 'PUT', 'DELETE'] }),
    Value: attributeValue,
  }),
  { type: 'AttributeValueUpdate' },
)

export const putItemInput = structure('PutItemInput', {
  ReturnConsumedCapacity: returnConsumedCapacity,
  TableName: required(tableName),
  Item: required(attributeMap),
  ConditionalOperator: conditionalOperator,
  Expected: expected,
  ReturnValues: returnValues,
  ReturnItemCollectionMetrics: returnItemCollectionMetrics,
  ReturnValuesOnConditionCheckFailure: returnOnFailure,
  ConditionExpression: string(),
  ExpressionAttributeValues: attributeMap,
  ExpressionAttributeNames: expressionNames,
})

export const deleteItemInput = structure('DeleteItemInput', {
  ReturnConsumedCapacity: returnConsumedCapacity,
  TableName: required(tableName),
  ReturnValues: returnValues,
  ReturnItemCollectionMetrics: returnItemCollectionMetrics,
  Key: required(attributeMap),
  ConditionalOperator: conditionalOperator,
  Expected: expected,
  ReturnValuesOnConditionCheckFailure: returnOnFailure,
  ConditionExpression: string(),
  ExpressionAttributeValues: attributeMap,
  ExpressionAttributeNames: expressionNames,
})

export const updateItemInput = structure('UpdateItemInput', {
  ReturnConsumedCapacity: returnConsumedCapacity,
  TableName: required(tableName),
  ReturnItemCollectionMetrics: returnItemCollectionMetrics,
  ReturnValues: returnValues,
  Key: required(attributeMap),
  ConditionalOperator: conditionalOperator,
  Expected: expected,
  AttributeUpdates: attributeUpdates,
  ReturnValuesOnConditionCheckFailure: returnOnFailure,
  ConditionExpression: string(),
  UpdateExpression: string(),
  ExpressionAttributeValues: attributeMap,
  ExpressionAttributeNames: expressionNames,
})

export const getItemInput = structure('GetItemInput', {
  AttributesToGet: attributesToGet,
  ReturnConsumedCapacity: returnConsumedCapacity,
  Key: required(attributeMap),
  TableName: required(tableName),
  ConsistentRead: boolean(),
  ProjectionExpression: string(),
  ExpressionAttributeNames: expressionNames,
})

export const queryInput = structure('QueryInput', {
  Select: select,
  IndexName: indexName,
  ReturnConsumedCapacity: returnConsumedCapacity,
  QueryFilter: conditions,
  TableName: required(tableName),
  ConditionalOperator: conditionalOperator,
  AttributesToGet: attributesToGet,
  Limit: integer({ min: 1 }),
  KeyConditions: conditions,
  ExclusiveStartKey: attributeMap,
  ConsistentRead: boolean(),
  ScanIndexForward: boolean(),
  KeyConditionExpression: string(),
  FilterExpression: string(),
  ProjectionExpression: string(),
  ExpressionAttributeValues: attributeMap,
  ExpressionAttributeNames: expressionNames,
})

export const scanInput = structure('ScanInput', {
  Select: select,
  IndexName: indexName,
  TotalSegments: integer({ min: 1, max: 1_000_000 }),
  ReturnConsumedCapacity: returnConsumedCapacity,
  TableName: required(tableName),
  ConditionalOperator: conditionalOperator,
  ScanFilter: conditions,
  Segment: integer({ min: 0, max: 999_999 }),
  Limit: integer({ min: 1 }),
  AttributesToGet: attributesToGet,
  ExclusiveStartKey: attributeMap,
  ConsistentRead: boolean(),
  FilterExpression: string(),
  ProjectionExpression: string(),
  ExpressionAttributeValues: attributeMap,
  ExpressionAttributeNames: expressionNames,
})

const batchKeys = { min: 3, max: 255, pattern: '[a-zA-Z0-9_.-]+' } as const

export const batchGetItemInput = structure('BatchGetItemInput', {
  ReturnConsumedCapacity: returnConsumedCapacity,
  RequestItems: required(
    map(
      structure('KeysAndAttributes', {
        Keys: required(list(parameterizedAttributeMap, { min: 1, max: 100 })),
        AttributesToGet: attributesToGet,
        ConsistentRead: boolean(),
        ProjectionExpression: string(),
        ExpressionAttributeNames: expressionNames,
      }),
      { type: 'KeysAndAttributes', min: 1, keys: batchKeys },
    ),
  ),
})

const writeRequest = structure('WriteRequest', {
  DeleteRequest: structure('DeleteRequest', { Key: required(attributeMap) }),
  PutRequest: structure('PutRequest', { Item: required(attributeMap) }),
})

export const batchWriteItemInput = structure('BatchWriteItemInput', {
  ReturnConsumedCapacity: returnConsumedCapacity,
  ReturnItemCollectionMetrics: returnItemCollectionMetrics,
  RequestItems: required(
    map(list(writeRequest, {}, { isParameterized: true }), {
      type: 'java.util.List<com.amazonaws.dynamodb.v20120810.WriteRequest>',
      min: 1,
      keys: batchKeys,
      values: { min: 1, max: 25 },
    }),
  ),
})

const conditionMembers = {
  TableName: required(tableName),
  ConditionExpression: string(),
  ExpressionAttributeNames: expressionNames,
  ExpressionAttributeValues: attributeMap,
  ReturnValuesOnConditionCheckFailure: returnOnFailure,
} as const

const transactWriteItem = structure('TransactWriteItem', {
  ConditionCheck: structure('ConditionCheck', {
    Key: required(attributeMap),
    ...conditionMembers,
    ConditionExpression: required(string()),
  }),
  Put: structure('Put', { Item: required(attributeMap), ...conditionMembers }),
  Delete: structure('Delete', { Key: required(attributeMap), ...conditionMembers }),
  Update: structure('Update', {
    Key: required(attributeMap),
    UpdateExpression: required(string()),
    ...conditionMembers,
  }),
})

export const transactWriteItemsInput = structure('TransactWriteItemsInput', {
  TransactItems: required(list(transactWriteItem, { min: 1, max: 100 })),
  ReturnConsumedCapacity: returnConsumedCapacity,
  ReturnItemCollectionMetrics: returnItemCollectionMetrics,
  ClientRequestToken: string({ min: 1, max: 36 }),
})

export const transactGetItemsInput = structure('TransactGetItemsInput', {
  TransactItems: required(
    list(
      structure('TransactGetItem', {
        Get: required(
          structure('Get', {
            Key: required(attributeMap),
            TableName: required(tableName),
            ProjectionExpression: string(),
            ExpressionAttributeNames: expressionNames,
          }),
        ),
      }),
      { min: 1, max: 100 },
    ),
  ),
  ReturnConsumedCapacity: returnConsumedCapacity,
})

export const itemInputs = {
  PutItem: putItemInput,
  GetItem: getItemInput,
  UpdateItem: updateItemInput,
  DeleteItem: deleteItemInput,
  Query: queryInput,
  Scan: scanInput,
  BatchGetItem: batchGetItemInput,
  BatchWriteItem: batchWriteItemInput,
  TransactWriteItems: transactWriteItemsInput,
  TransactGetItems: transactGetItemsInput,
} as const satisfies Readonly<Record<string, Shape<unknown>>>

export type ItemInput<N extends keyof typeof itemInputs> = ValueOf<(typeof itemInputs)[N]>
