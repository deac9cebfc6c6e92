/** What a cell may append to. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@millrace/store'
import { changeStreamName, openTables } from '@millrace/tables'
import { systemClock } from '@millrace/values'
import { expect, test } from 'vitest'
import { appendToStream } from './append-to-stream.ts'

test('streams of everybody, those that are not there yet, and none that the store fills', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-append-'))
  const store = await openStore({ dir, clock: systemClock })
  const changes = changeStreamName('Rides')
  openTables({ store }).create({
    name: 'Rides',
    partitionKey: { name: 'id', type: 'string' },
    settings: {
      indexes: [],
      tags: {},
      exports: [],
      isProtected: false,
      changes: { view: 'NEW_IMAGE', stream: changes, label: '2026-11-21T00:00:00.000' },
    },
  })
  const records = [{ key: Buffer.from('k'), data: Buffer.from('{}') }]
  expect(() => appendToStream(store, { stream: changes, shards: 1, records })).toThrow(
    /changes of table Rides/,
  )
  expect(store.shard(changes, 0).next).toBe(0)
  appendToStream(store, { stream: 'copied', shards: 2, records })
  appendToStream(store, { stream: 'copied', shards: 2, records })
  expect(store.stream('copied')?.shardInfos.reduce((sum, { next }) => sum + next, 0)).toBe(2)
  await store.close()
  rmSync(dir, { recursive: true })
})
