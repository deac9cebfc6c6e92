/** Cases of the operations on items. */
import { expect } from 'vitest'
import type { Members } from '../../client.ts'
import type { TableCase } from './table-case.ts'
import { fullItem, key } from './table-world.ts'

const failed = 'ConditionalCheckFailedException'
const validation = 'ValidationException'

/** A new table with some items, and the rest of the call's input. */
function onTable(rest: (table: string) => Members, items: readonly Members[] = []): TableCase['input'] {
  return async (world) => {
    const TableName = await world.table()
    await world.put(TableName, ...items)
    return { TableName, ...rest(TableName) }
  }
}

const puts: TableCase[] = [
  {
    operation: 'PutItem',
    name: 'stores values of all types',
    input: onTable(() => ({ Item: fullItem('a') })),
    async check(_output, world, { TableName }) {
      expect(await world.get(String(TableName), key('a'))).toEqual(fullItem('a'))
    },
  },
  {
    operation: 'PutItem',
    name: 'gives the item before and what it has cost',
    input: onTable(
      () => ({
        Item: key('a'),
        ReturnValues: 'ALL_OLD',
        ReturnConsumedCapacity: 'TOTAL',
        ConditionExpression: 'attribute_exists(pk) AND #y = :yes',
        ExpressionAttributeNames: { '#y': 'yes' },
        ExpressionAttributeValues: { ':yes': { BOOL: true } },
      }),
      [fullItem('a')],
    ),
    check(output, _world, { TableName }) {
      expect(output).toEqual({
        Attributes: fullItem('a'),
        ConsumedCapacity: { TableName, CapacityUnits: 1 },
      })
    },
  },
  {
    operation: 'PutItem',
    name: 'where its condition does not hold',
    error: failed,
    message: /^The conditional request failed$/,
    input: onTable(
      () => ({ Item: key('a'), ConditionExpression: 'attribute_not_exists(pk)' }),
      [fullItem('a')],
    ),
  },
  {
    operation: 'PutItem',
    name: 'without the sort key',
    error: validation,
    message: /Missing the key sk in the item/,
    input: onTable(() => ({ Item: { pk: { S: 'a' } } })),
  },
  {
    operation: 'PutItem',
    name: 'with a number of 39 digits',
    error: validation,
    message: /more than 38 significant digits/,
    input: onTable(() => ({ Item: { ...key('a'), n: { N: '1'.repeat(39) } } })),
  },
  {
    operation: 'PutItem',
    name: 'with a number that is no text',
    error: 'SerializationException',
    isPlain: true,
    input: onTable(() => ({ Item: { ...key('a'), n: { N: 5 } } })),
  },
]

const gets: TableCase[] = [
  {
    operation: 'GetItem',
    name: 'gives the item',
    input: onTable(() => ({ Key: key('a'), ConsistentRead: true }), [fullItem('a')]),
    check: (output) => expect(output).toEqual({ Item: fullItem('a') }),
  },
  {
    operation: 'GetItem',
    name: 'gives nothing where there is none',
    input: onTable(() => ({ Key: key('b') }), [fullItem('a')]),
    check: (output) => expect(output).toEqual({}),
  },
  {
    operation: 'GetItem',
    name: 'gives the parts that a projection names',
    input: onTable(
      () => ({
        Key: key('a'),
        ProjectionExpression: 'pk, #l[2].#i, #m.a, absent',
        ExpressionAttributeNames: { '#l': 'list', '#i': 'inner', '#m': 'map' },
      }),
      [fullItem('a')],
    ),
    check: (output) =>
      expect(output.Item).toEqual({
        pk: { S: 'a' },
        list: { L: [{ M: { inner: { B: 'aGk=' } } }] },
        map: { M: { a: { L: [] } } },
      }),
  },
  {
    operation: 'GetItem',
    name: 'with a key of another type',
    error: validation,
    message: /^The provided key element does not match the schema$/,
    input: onTable(() => ({ Key: { pk: { N: '1' }, sk: { N: '1' } } })),
  },
]

const updates: TableCase[] = [
  {
    operation: 'UpdateItem',
    name: 'changes an item by all four clauses and gives what is new',
    input: onTable(
      () => ({
        Key: key('a'),
        UpdateExpression:
          'SET #l = list_append(#l, :more), n2 = if_not_exists(n2, :one) + :one REMOVE #b ADD numbers :three DELETE strings :x',
        ExpressionAttributeNames: { '#l': 'list', '#b': 'binary' },
        ExpressionAttributeValues: {
          ':more': { L: [{ S: 'end' }] },
          ':one': { N: '1' },
          ':three': { NS: ['3'] },
          ':x': { SS: ['x'] },
        },
        ReturnValues: 'UPDATED_NEW',
      }),
      [fullItem('a')],
    ),
    check(output) {
      const { numbers, ...rest } = output.Attributes as { numbers: { NS: string[] } }
      expect([...numbers.NS].sort()).toEqual(['1', '2.5', '3'])
      expect(rest).toEqual({
        list: { L: [...fullItemList(), { S: 'end' }] },
        n2: { N: '2' },
        strings: { SS: ['y'] },
      })
    },
  },
  {
    operation: 'UpdateItem',
    name: 'takes the older parameters',
    input: onTable(
      () => ({
        Key: key('a'),
        AttributeUpdates: { count: { Action: 'ADD', Value: { N: '5' } }, yes: { Action: 'DELETE' } },
        Expected: { number: { ComparisonOperator: 'GT', AttributeValueList: [{ N: '0' }] } },
        ReturnValues: 'ALL_NEW',
      }),
      [fullItem('a')],
    ),
    check(output) {
      const { yes, ...rest } = fullItem('a')
      expect(output.Attributes).toEqual({ ...rest, count: { N: '5' } })
    },
  },
  {
    operation: 'UpdateItem',
    name: 'on a key attribute',
    error: validation,
    message: /Cannot update attribute sk. This attribute is part of the key/,
    input: onTable(() => ({
      Key: key('a'),
      UpdateExpression: 'SET sk = :n',
      ExpressionAttributeValues: { ':n': { N: '2' } },
    })),
  },
  {
    operation: 'UpdateItem',
    name: 'where its condition does not hold',
    error: failed,
    input: onTable(() => ({
      Key: key('a'),
      UpdateExpression: 'SET a = :n',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':n': { N: '2' } },
    })),
  },
  {
    operation: 'DeleteItem',
    name: 'deletes an item and gives it',
    input: onTable(() => ({ Key: key('a'), ReturnValues: 'ALL_OLD' }), [fullItem('a'), key('b')]),
    async check(output, world, { TableName }) {
      expect(output).toEqual({ Attributes: fullItem('a') })
      expect(await world.count(String(TableName))).toBe(1)
    },
  },
  {
    operation: 'DeleteItem',
    name: 'does nothing where there is no item',
    input: onTable(() => ({ Key: key('a') })),
    check: (output) => expect(output).toEqual({}),
  },
  {
    operation: 'DeleteItem',
    name: 'where its condition does not hold',
    error: failed,
    input: onTable(() => ({ Key: key('a'), ConditionExpression: 'attribute_exists(pk)' })),
  },
]

function fullItemList(): readonly unknown[] {
  return (fullItem('a') as { list: { L: readonly unknown[] } }).list.L
}

const series = [1, 2, 3, 10, 20].map((sk) => ({ ...key('a', sk), v: { N: String(sk % 2) } }))

const reads: TableCase[] = [
  {
    operation: 'Query',
    name: 'gives a range of a partition, backwards, filtered, in pages',
    input: onTable(
      () => ({
        KeyConditionExpression: 'pk = :p AND sk BETWEEN :from AND :to',
        FilterExpression: 'v = :zero',
        ExpressionAttributeValues: {
          ':p': { S: 'a' },
          ':from': { N: '2' },
          ':to': { N: '20' },
          ':zero': { N: '0' },
        },
        ScanIndexForward: false,
        Limit: 3,
      }),
      [...series, key('b')],
    ),
    check: (output) =>
      expect(output).toEqual({
        Items: [series[4], series[3]],
        Count: 2,
        ScannedCount: 3,
        LastEvaluatedKey: key('a', 3),
      }),
  },
  {
    operation: 'Query',
    name: 'goes on after a key, by the older parameters',
    input: onTable(
      () => ({
        KeyConditions: { pk: { ComparisonOperator: 'EQ', AttributeValueList: [{ S: 'a' }] } },
        ExclusiveStartKey: key('a', 3),
      }),
      series,
    ),
    check: (output) => expect(output.Items).toEqual(series.slice(3)),
  },
  {
    operation: 'Query',
    name: 'without a condition on the partition key',
    error: validation,
    message: /Query condition missed key schema element: pk/,
    input: onTable(() => ({
      KeyConditionExpression: 'sk = :n',
      ExpressionAttributeValues: { ':n': { N: '1' } },
    })),
  },
  {
    operation: 'Scan',
    name: 'gives everything',
    input: onTable(() => ({}), series),
    check: (output) => expect(output).toEqual({ Items: series, Count: 5, ScannedCount: 5 }),
  },
  {
    operation: 'Scan',
    name: 'counts what passes a filter',
    input: onTable(
      () => ({
        Select: 'COUNT',
        FilterExpression: 'v = :one OR begins_with(pk, :b)',
        ExpressionAttributeValues: { ':one': { N: '1' }, ':b': { S: 'b' } },
      }),
      [...series, key('b')],
    ),
    check: (output) => expect(output).toEqual({ Count: 3, ScannedCount: 6 }),
  },
  {
    operation: 'Scan',
    name: 'with a segment and no number of segments',
    error: validation,
    message: /TotalSegments parameter is required/,
    input: onTable(() => ({ Segment: 0 })),
  },
]

const batches: TableCase[] = [
  {
    operation: 'BatchWriteItem',
    name: 'puts and deletes in several tables',
    async input(world) {
      const [one, other] = [await world.table(), await world.table()]
      await world.put(one, key('gone'))
      return {
        RequestItems: {
          [one]: [{ PutRequest: { Item: fullItem('a') } }, { DeleteRequest: { Key: key('gone') } }],
          [other]: [{ PutRequest: { Item: key('b') } }],
        },
      }
    },
    async check(output, world, { RequestItems }) {
      expect(output).toEqual({ UnprocessedItems: {} })
      for (const table of Object.keys(RequestItems as object)) expect(await world.count(table)).toBe(1)
    },
  },
  {
    operation: 'BatchWriteItem',
    name: 'with two requests for one key',
    error: validation,
    message: /^Provided list of item keys contains duplicates$/,
    async input(world) {
      const requests = [{ PutRequest: { Item: key('a') } }, { DeleteRequest: { Key: key('a') } }]
      return { RequestItems: { [await world.table()]: requests } }
    },
  },
  {
    operation: 'BatchGetItem',
    name: 'gives what is there',
    async input(world) {
      const table = await world.table()
      await world.put(table, fullItem('a'), key('b'))
      return { RequestItems: { [table]: { Keys: [key('b'), key('none'), key('a')], ConsistentRead: true } } }
    },
    check(output, _world, { RequestItems }) {
      const [table = ''] = Object.keys(RequestItems as object)
      expect(output.UnprocessedKeys).toEqual({})
      expect((output.Responses as Record<string, unknown>)[table]).toEqual([key('b'), fullItem('a')])
    },
  },
  {
    operation: 'BatchGetItem',
    name: 'with one key twice',
    error: validation,
    message: /^Provided list of item keys contains duplicates$/,
    async input(world) {
      return { RequestItems: { [await world.table()]: { Keys: [key('a'), key('a')] } } }
    },
  },
]

const transactions: TableCase[] = [
  {
    operation: 'TransactWriteItems',
    name: 'carries out all actions',
    async input(world) {
      const TableName = await world.table()
      await world.put(TableName, key('gone'), key('there'))
      return {
        ClientRequestToken: 'token-of-this-case',
        TransactItems: [
          { Put: { TableName, Item: fullItem('a') } },
          { Delete: { TableName, Key: key('gone') } },
          {
            Update: {
              TableName,
              Key: key('b'),
              UpdateExpression: 'SET v = :v',
              ExpressionAttributeValues: { ':v': { B: 'aGk=' } },
            },
          },
          {
            ConditionCheck: {
              TableName,
              Key: key('there'),
              ConditionExpression: 'attribute_exists(pk)',
            },
          },
        ],
      }
    },
    async check(_output, world, { TransactItems }) {
      const [{ Put }] = TransactItems as [{ Put: { TableName: string } }]
      expect(await world.get(Put.TableName, key('b'))).toEqual({ ...key('b'), v: { B: 'aGk=' } })
      expect(await world.count(Put.TableName)).toBe(3)
    },
  },
  {
    operation: 'TransactWriteItems',
    name: 'where one condition does not hold',
    error: 'TransactionCanceledException',
    message: /reasons \[None, ConditionalCheckFailed\]$/,
    async input(world) {
      const TableName = await world.table()
      return {
        TransactItems: [
          { Put: { TableName, Item: key('a') } },
          { Delete: { TableName, Key: key('b'), ConditionExpression: 'attribute_exists(pk)' } },
        ],
      }
    },
    async check(_output, world, { TransactItems }) {
      const [{ Put }] = TransactItems as [{ Put: { TableName: string } }]
      expect(await world.count(Put.TableName)).toBe(0)
    },
  },
  {
    operation: 'TransactGetItems',
    name: 'gives items in the order of the request',
    async input(world) {
      const TableName = await world.table()
      await world.put(TableName, fullItem('a'), key('b'))
      return { TransactItems: ['b', 'none', 'a'].map((id) => ({ Get: { TableName, Key: key(id) } })) }
    },
    check: (output) => expect(output.Responses).toEqual([{ Item: key('b') }, {}, { Item: fullItem('a') }]),
  },
  {
    operation: 'TransactGetItems',
    name: 'of one item twice',
    error: validation,
    async input(world) {
      const Get = { TableName: await world.table(), Key: key('a') }
      return { TransactItems: [{ Get }, { Get }] }
    },
  },
]

export const itemCases: readonly TableCase[] = [
  ...puts,
  ...gets,
  ...updates,
  ...reads,
  ...batches,
  ...transactions,
]
