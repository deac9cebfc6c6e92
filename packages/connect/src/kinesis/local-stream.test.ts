import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store } from '@millrace/store'
import { VirtualClock } from '@millrace/values'
import { expect, test } from 'vitest'
import { storeSource } from '../replay/store-source.ts'
import { localStream, shardIdOf } from './local-stream.ts'

test('a batch larger than what is asked for is given whole, piece by piece, though a stretch after it is lost', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-local-'))
  const clock = new VirtualClock(1_000)
  const store = await openStore({ dir, clock })
  store.defineStream({ name: 's', shards: 1, retentionMs: Number.POSITIVE_INFINITY })
  const record = (text: string) => ({ key: Buffer.from('k'), data: Buffer.from(text) })
  const append = (...texts: string[]) =>
    store.commit((transaction) => transaction.append('s', texts.map(record)))
  append('1', '2', '3', '4', '5')
  append('lost', 'lost')
  append('6')
  const reader = localStream(withoutSecondBatch(store), 's', { clock }).openReader({
    shardId: shardIdOf(0),
    position: { type: 'TRIM_HORIZON' },
    recordsMax: 2,
    signal: new AbortController().signal,
  })
  const found: string[] = []
  while (found.length < 6) {
    for (const { data } of (await reader.read()).records) found.push(Buffer.from(data).toString())
  }
  expect(found).toEqual(['1', '2', '3', '4', '5', '6'])
  await reader.close()
  await store.close()
  rmSync(dir, { recursive: true })
})

test('a reader does not go on in another stream of the name', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-local-'))
  const clock = new VirtualClock(1_000)
  const store = await openStore({ dir, clock })
  const stream = { name: 's', shards: 1, retentionMs: Number.POSITIVE_INFINITY }
  store.defineStream(stream)
  const append = (text: string) =>
    store.commit((transaction) =>
      transaction.append('s', [{ key: Buffer.from('k'), data: Buffer.from(text) }]),
    )
  append('old')
  const signal = new AbortController().signal
  const local = localStream(store, 's', { clock }).openReader({
    shardId: shardIdOf(0),
    position: { type: 'TRIM_HORIZON' },
    recordsMax: 10,
    signal,
  })
  const replay = storeSource(store, 's', { clock }).open({
    shardId: shardIdOf(0),
    position: { type: 'oldest' },
    slice: undefined,
    signal,
  })
  expect((await local.read()).records).toHaveLength(1)
  expect((await replay.read()).records).toHaveLength(1)
  store.deleteStream('s')
  store.defineStream(stream)
  for (const text of ['new 1', 'new 2']) append(text)
  await expect(local.read()).rejects.toMatchObject({ code: 'KINESIS_CALL' })
  await expect(replay.read()).rejects.toMatchObject({ code: 'REPLAY_STREAM' })
  await store.close()
  rmSync(dir, { recursive: true })
})

/** The store as it reads when the second batch, sequences 5 and 6, is missing: the gap comes with the batch before it. */
function withoutSecondBatch(store: Store): Store {
  const lost = { stream: 's', shard: 0, firstSequence: 5, nextSequence: 7, reason: 'nothing is stored' }
  const read: Store['read'] = (stream, shard, from, options) => {
    const { batches } = store.read(stream, shard, from, { ...options, maxRecords: 1 })
    if (from < 5) return { batches: [...batches, lost], atHead: false }
    return from < 7 ? { batches: [lost], atHead: false } : { batches, atHead: true }
  }
  return new Proxy(store, {
    get(target, name) {
      if (name === 'read') return read
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}
