import { changeStreamName, openTables } from '@millrace/tables'
import { expect, test } from 'vitest'
import { serviceKit } from '../data/testing/service-kit.ts'

test('the stream of a table takes its changes alone, and can be read', async () => {
  const kit = await serviceKit()
  const tables = openTables({ store: kit.store })
  const StreamName = changeStreamName('orders')
  tables.create({
    name: 'orders',
    partitionKey: { name: 'id', type: 'string' },
    settings: {
      indexes: [],
      changes: { view: 'NEW_IMAGE', stream: StreamName, label: 'l' },
      tags: {},
      exports: [],
      isProtected: false,
    },
  })
  await kit.call('CreateStream', { StreamName: 'my.changes', ShardCount: 1 })
  const record = { PartitionKey: 'k', Data: 'e30=' }
  const refused = 'takes the changes of table orders, and nothing else'
  const ShardToSplit = 'shardId-000000000000'
  const calls = [
    ['PutRecord', record],
    ['PutRecords', { Records: [record] }],
    ['SplitShard', { ShardToSplit, NewStartingHashKey: '7' }],
    ['DeleteStream', {}],
  ] as const
  for (const [operation, input] of calls) {
    await expect(kit.call(operation, { StreamName, ...input }), operation).rejects.toThrow(refused)
  }
  await tables.commit((writer) => writer.put('orders', { id: { S: 'a' } }))
  const at = { StreamName, ShardId: ShardToSplit, ShardIteratorType: 'TRIM_HORIZON' }
  const { ShardIterator } = await kit.call('GetShardIterator', at)
  expect((await kit.call('GetRecords', { ShardIterator })).Records).toHaveLength(1)
  await kit.call('PutRecord', { StreamName: 'my.changes', ...record })
  await kit.close()
})
