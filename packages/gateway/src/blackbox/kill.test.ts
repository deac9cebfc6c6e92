/**
 * The law of acknowledgement: a server that is killed at any moment has, once it runs again, every record that it has
 * acknowledged, under the number and in the shard that it named; numbers of a shard keep increasing; nothing is there twice
 * but what the client has sent twice. Shards are split and merged meanwhile.
 *
 * Six kills; MILLRACE_NIGHTLY=1 makes sixty. The seed is printed on failure; MILLRACE_SEED sets it. The moments are
 * counted in acknowledgements, so that the seed decides how far writers are, though not between which instructions.
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Random, seededRandom, systemClock } from '@millrace/values'
import { afterAll, expect, test } from 'vitest'
import { ServerProcess } from '../testing/server-process.ts'
import { credentialsOf } from '../testing/test-server.ts'
import { type ReadRecord, type Shard, shardId, text } from './cases/world.ts'
import { ClientFault, type Members } from './client.ts'
import { PlainClient } from './clients/plain-client.ts'
import { jsonCodec } from './clients/plain-codecs.ts'

const kills = process.env.MILLRACE_NIGHTLY === undefined ? 6 : 60
const seed = Number(process.env.MILLRACE_SEED ?? 20_261_121)
const writers = 4
const StreamName = 'killed'

const directory = mkdtempSync(join(tmpdir(), 'millrace-blackbox-kill-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

interface Sent {
  attempts: number
  /** Where the server has said that it is. */
  acknowledged?: { readonly shard: string; readonly number: bigint }
}

test(`what was acknowledged is readable after ${kills} kills (seed ${seed})`, {
  timeout: 600_000,
}, async () => {
  const random = seededRandom(seed)
  /** By content. */
  const sent = new Map<string, Sent>()
  /** Of each shard, in the order in which they came. */
  const numbers = new Map<string, bigint>()
  /** What writers were putting when the server was killed: they put it again. */
  const pending = new Map<number, string[]>()
  let records = 0

  for (let round = 0; round <= kills; round++) {
    const server = await ServerProcess.start(join(directory, 'data'))
    const client = clientOf(server.url)
    if (round === 0) await client.call('CreateStream', { StreamName, ShardCount: 2 }, 'owner')
    let left = 5 + random.below(60)
    let killed: Promise<void> | undefined
    const acknowledge = (): void => {
      if (--left === 0) killed = server.kill()
    }

    const write = async (writer: number): Promise<void> => {
      while (left > 0) {
        const batch = pending.get(writer) ?? newBatch(random, () => records++)
        pending.set(writer, batch)
        for (const data of batch) {
          const one = sent.get(data) ?? { attempts: 0 }
          one.attempts++
          sent.set(data, one)
        }
        const answers = await put(client, batch)
        if (answers === undefined) return
        pending.delete(writer)
        answers.forEach(({ ShardId: shard, SequenceNumber }, i) => {
          sent.get(batch[i]!)!.acknowledged = { shard, number: BigInt(SequenceNumber) }
        })
        acknowledge()
      }
    }
    await Promise.all([
      ...Array.from({ length: writers }, (_, writer) => write(writer)),
      reshard(client, random).catch(ignoreEnd),
    ])
    await killed
    await client.close()

    const again = await ServerProcess.start(join(directory, 'data'))
    const reader = clientOf(again.url)
    const read = await readAll(reader)
    await reader.close()
    await again.kill()

    const seen = new Map<string, { shard: string; number: bigint }[]>()
    for (const [shard, own] of read) {
      const known = numbers.get(shard) ?? -1n
      let last = -1n
      for (const { Data, SequenceNumber, PartitionKey } of own) {
        const number = BigInt(SequenceNumber)
        expect(number).toBeGreaterThan(last)
        last = number
        const data = text(Data)
        expect(PartitionKey).toBe(keyOf(data))
        seen.set(data, [...(seen.get(data) ?? []), { shard, number }])
      }
      // What was the newest stays where it was or has newer ones behind it.
      expect(last).toBeGreaterThanOrEqual(known)
      numbers.set(shard, last)
    }
    for (const data of seen.keys()) expect(sent.has(data), `nobody has sent ${data}`).toBe(true)
    for (const [data, { attempts, acknowledged }] of sent) {
      const places = seen.get(data) ?? []
      expect(places.length, data).toBeLessThanOrEqual(attempts)
      if (acknowledged !== undefined) expect(places, data).toContainEqual(acknowledged)
    }
  }
  expect([...sent.values()].filter(({ acknowledged }) => acknowledged !== undefined).length).toBeGreaterThan(
    kills * 5,
  )
})

function clientOf(url: string): PlainClient {
  const someone = { id: 'TEST', secret: 'test' }
  return new PlainClient({
    url,
    credentials: credentialsOf(someone, someone),
    codec: jsonCodec,
    clock: systemClock,
  })
}

/** One to twenty records of some bytes to some kilobytes, no two alike. */
function newBatch(random: Random, next: () => number): string[] {
  const count = random.next() < 0.5 ? 1 : 1 + random.below(20)
  return Array.from({ length: count }, () => {
    const length = Math.floor(random.next() ** 4 * 5000)
    return `${next()}:${'x'.repeat(length)}`
  })
}

function keyOf(data: string): string {
  return createHash('sha256').update(data).digest('hex').slice(0, 8)
}

/** Undefined where the server went away before it answered. */
async function put(
  client: PlainClient,
  batch: readonly string[],
): Promise<readonly { ShardId: string; SequenceNumber: string }[] | undefined> {
  const entries = batch.map((data) => ({ Data: Buffer.from(data), PartitionKey: keyOf(data) }))
  try {
    if (entries.length === 1) {
      const answer = await client.call('PutRecord', { StreamName, ...entries[0] }, 'owner')
      // By the API's model.
      return [answer as { ShardId: string; SequenceNumber: string }]
    }
    const { Records, FailedRecordCount } = await client.call(
      'PutRecords',
      { StreamName, Records: entries },
      'owner',
    )
    expect(FailedRecordCount).toBe(0)
    // By the API's model.
    return Records as readonly { ShardId: string; SequenceNumber: string }[]
  } catch (error) {
    ignoreEnd(error)
    return undefined
  }
}

/** What a client sees of a server that is killed; everything else is a fault. */
function ignoreEnd(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  if (code !== 'ECONNRESET' && code !== 'ECONNREFUSED' && code !== 'EPIPE') throw error
}

/** Splits the first open shard that is wide enough, or merges the first two open ones. */
async function reshard(client: PlainClient, random: Random): Promise<void> {
  const open = (await shardsOf(client)).filter(
    (shard) => shard.SequenceNumberRange.EndingSequenceNumber === undefined,
  )
  open.sort((a, b) =>
    BigInt(a.HashKeyRange.StartingHashKey) < BigInt(b.HashKeyRange.StartingHashKey) ? -1 : 1,
  )
  const [first, second] = open
  const input =
    second === undefined || (open.length < 4 && random.next() < 0.6)
      ? {
          ShardToSplit: first!.ShardId,
          NewStartingHashKey: String(BigInt(first!.HashKeyRange.EndingHashKey) / 2n),
        }
      : { ShardToMerge: first!.ShardId, AdjacentShardToMerge: second.ShardId }
  try {
    await client.call(
      'ShardToSplit' in input ? 'SplitShard' : 'MergeShards',
      { StreamName, ...input },
      'owner',
    )
  } catch (error) {
    // A change that the kill has interrupted may still be under way.
    if (!(error instanceof ClientFault && error.type === 'ResourceInUseException')) throw error
  }
}

async function shardsOf(client: PlainClient): Promise<Shard[]> {
  const { Shards } = await client.call('ListShards', { StreamName }, 'owner')
  // By the API's model.
  return [...(Shards as readonly Shard[])]
}

/** Every record of every shard, by shard id. */
async function readAll(client: PlainClient): Promise<ReadonlyMap<string, readonly ReadRecord[]>> {
  const all = new Map<string, readonly ReadRecord[]>()
  const shards = await shardsOf(client)
  expect(shards.map(({ ShardId }) => ShardId)).toEqual(shards.map((_, i) => shardId(i)))
  for (const { ShardId } of shards) {
    const records: ReadRecord[] = []
    const first = { StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' }
    let { ShardIterator } = await client.call('GetShardIterator', first, 'owner')
    while (ShardIterator !== undefined) {
      const page: Members = await client.call('GetRecords', { ShardIterator, Limit: 100 }, 'owner')
      const own = page.Records as readonly ReadRecord[]
      records.push(...own)
      ShardIterator = page.MillisBehindLatest === 0 && own.length === 0 ? undefined : page.NextShardIterator
    }
    all.set(ShardId, records)
  }
  return all
}
