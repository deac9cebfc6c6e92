/** Five lessons about streams, each of which puts payments, looks at what became of them, and says so. */
import { createHash } from 'node:crypto'
import type { KinesisClient } from '@aws-sdk/client-kinesis'
import type { Balance, Payment } from './concepts.app.ts'
import { balanceStream, connect, PaymentProducer, type Place, paymentStream } from './payment-producer.ts'

const accounts = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi']
const ring = 2n ** 128n
/** A receipt that fills more than half of what a shard takes in a second. */
const receipt = 'x'.repeat(600_000)

export interface Learned {
  readonly shardOf: ReadonlyMap<string, string>
  readonly hot: ReadonlyMap<string, number>
  readonly order: readonly string[]
  readonly batched: readonly string[]
  readonly oneByOne: readonly string[]
  readonly paid: number
  readonly stored: number
  readonly careless: number
  readonly once: number
}

export async function walkThrough(place: Place): Promise<Learned> {
  const { print, url, wait } = place
  const client = connect(url, { maxAttempts: 1 })
  try {
    const producer = new PaymentProducer(client, wait)
    if ((await producer.read(balanceStream, 'shardId-000000000000')).length > 0)
      throw new Error('The streams hold payments already. Start the app with a fresh --data-dir.')
    print('1. Which key goes where')
    const shardOf = await keysAndShards(producer, place)
    print('2. A hot key')
    const hot = await hotKey(producer, place)
    print('3. Order: per shard, not across shards')
    const order = await orderOfShards(producer, place, shardOf)
    print('4. Order: lost by a retry, and kept')
    const { batched, oneByOne } = await orderOfRetries(producer, place)
    print('5. Duplicates, and a consumer that bears them')
    const { paid, careless, once } = await duplicates(producer, place)
    const { stored } = producer
    return { shardOf, hot, order, batched, oneByOne, paid, stored, careless, once }
  } finally {
    client.destroy()
  }
}

/** The hash of the key is a place on a ring; each shard owns an arc of it. */
async function keysAndShards(producer: PaymentProducer, { print }: Place): Promise<Map<string, string>> {
  for (const { ShardId, HashKeyRange } of await producer.shards()) {
    const [from, to] = [HashKeyRange?.StartingHashKey, HashKeyRange?.EndingHashKey]
    print(`   ${ShardId} owns ${share(BigInt(from ?? 0))} to ${share(BigInt(to ?? 0) + 1n)} of the ring`)
  }
  const shardOf = new Map<string, string>()
  for (const account of accounts) {
    const { shardId } = await producer.putOne({ eventId: `first-${account}`, account, amount: 1 })
    shardOf.set(account, shardId)
    const place = BigInt(`0x${createHash('md5').update(account).digest('hex')}`)
    print(`   ${account.padEnd(5)}  MD5 at ${share(place).padStart(4)}  ->  ${shardId}`)
  }
  return shardOf
}

/** More shards do not help a key that is most of the traffic: a key is on one shard. */
async function hotKey(producer: PaymentProducer, { print }: Place): Promise<Map<string, number>> {
  const payments = Array.from({ length: 500 }, (_, i): Payment => {
    const account = i % 5 < 3 ? 'alice' : `customer-${i}`
    return { eventId: `hot-${i}`, account, amount: 1 }
  })
  const counts = new Map<string, number>()
  for (const { ShardId = '' } of await producer.shards()) counts.set(ShardId, 0)
  for (const { ShardId = '' } of await producer.putMany(payments))
    counts.set(ShardId, (counts.get(ShardId) ?? 0) + 1)
  print('   500 payments, 300 of them by alice, 200 by customers who pay once:')
  for (const [shardId, count] of counts)
    print(`   ${shardId}  ${'#'.repeat(Math.round(count / 10))} ${count}`)
  return counts
}

async function orderOfShards(
  producer: PaymentProducer,
  { print }: Place,
  shardOf: ReadonlyMap<string, string>,
): Promise<string[]> {
  const first = 'alice'
  const second = accounts.find((account) => shardOf.get(account) !== shardOf.get(first))
  if (second === undefined) throw new Error('All accounts are on one shard.')
  const put: string[] = []
  const starts = new Map<string, string>()
  for (let n = 1; n <= 3; n++) {
    for (const account of [first, second]) {
      const eventId = `${account}-${n}`
      const { shardId, sequenceNumber } = await producer.putOne({ eventId, account, amount: n })
      if (!starts.has(shardId)) starts.set(shardId, sequenceNumber)
      put.push(eventId)
    }
  }
  print(`   put:   ${put.join(' ')}`)
  const read: string[] = []
  for (const [shardId, from] of starts) {
    const events = (await producer.read<Payment>(paymentStream, shardId, from)).map(({ eventId }) => eventId)
    print(`   read:  ${events.join(' ')}  (${shardId})`)
    read.push(...events)
  }
  return read
}

/** Six payments of one key; two of them are so large that the shard does not take both within a second. */
async function orderOfRetries(producer: PaymentProducer, { print, wait }: Place) {
  const six = (name: string) =>
    [1, 2, 3, 4, 5, 6].map((n): Payment => {
      const payment = { eventId: `${name}-${n}`, account: 'bob', amount: 1 }
      return n === 2 || n === 4 ? { ...payment, receipt } : payment
    })
  const orderFrom = async (shardId: string, from: string) =>
    (await producer.read<Payment>(paymentStream, shardId, from)).map(({ eventId }) => eventId)

  // The shard's allowance is whole again.
  await wait(1100)
  let rest = six('batch')
  let start: { shardId: string; from: string } | undefined
  for (let call = 1; rest.length > 0; call++) {
    const results = await producer.putMany(rest)
    const [first] = results
    start ??= { shardId: first?.ShardId ?? '', from: first?.SequenceNumber ?? '' }
    const refused = rest.filter((_, i) => results[i]?.ErrorCode !== undefined)
    const verdict = refused.length === 0 ? 'all taken' : `refused: ${refused.map(idOf).join(' ')}`
    print(`   PutRecords ${call}: ${rest.length} payments, ${verdict}`)
    rest = refused
    if (rest.length > 0) await wait(1100)
  }
  const batched = await orderFrom(start?.shardId ?? '', start?.from ?? '')
  print(`   in the shard:  ${batched.join(' ')}`)

  await wait(1100)
  let last: { shardId: string; sequenceNumber: string } | undefined
  let begin: string | undefined
  for (const payment of six('single')) {
    last = await producer.putOne(payment, last?.sequenceNumber)
    begin ??= last.sequenceNumber
  }
  const oneByOne = await orderFrom(last?.shardId ?? '', begin ?? '')
  print('   PutRecord, each one repeated until it is taken, before the next one:')
  print(`   in the shard:  ${oneByOne.join(' ')}`)
  return { batched, oneByOne }
}

/** The network loses every fifth reply. The SDK tries again by itself, as it does on AWS. */
async function duplicates(producer: PaymentProducer, { print, url, wait }: Place) {
  const client = connect(url, { maxAttempts: 3 })
  const lost = loseReplies(client, { each: 5 })
  const careful = new PaymentProducer(client, wait)
  const payments = 20
  try {
    for (let n = 1; n <= payments; n++)
      await careful.putOne({ eventId: `carol-pays-${n}`, account: 'carol', amount: 10 })
  } finally {
    client.destroy()
  }
  producer.stored += payments + lost.count
  print(`   carol pays ${payments} times 10; ${lost.count} acknowledgements are lost on the way back`)

  // Both functions say what they have come to after each record.
  let said: Balance[] = []
  while (said.length < 2 * producer.stored) {
    await wait(300)
    said = await producer.read<Balance>(balanceStream, 'shardId-000000000000')
  }
  const lastOf = (by: Balance['by']) =>
    said.filter((each) => each.by === by && each.account === 'carol').at(-1)?.balance ?? 0
  // One from the first lesson.
  const paid = payments * 10 + 1
  const [careless, once] = [lastOf('careless'), lastOf('once')]
  print(`   carol paid                                 ${paid}`)
  print(`   a consumer that believes every record:     ${careless}`)
  print(`   one that remembers the events it counted:  ${once}`)
  return { paid, careless, once }
}

/** Makes every n-th reply fail after the server has sent it, as a connection does that breaks too early. */
function loseReplies(client: KinesisClient, { each }: { each: number }): { readonly count: number } {
  const lost = { count: 0 }
  let calls = 0
  client.middlewareStack.add(
    (next) => async (call) => {
      const result = await next(call)
      if (++calls % each !== 0) return result
      lost.count++
      throw Object.assign(new Error('read ECONNRESET'), { name: 'TimeoutError', code: 'ECONNRESET' })
    },
    // Inside of the SDK's own retries.
    { step: 'deserialize', name: 'loseReplies' },
  )
  return lost
}

function idOf({ eventId }: Payment): string {
  return eventId
}

/** A place on the ring of hashes, in percent. */
function share(place: bigint): string {
  return `${(place * 100n) / ring} %`
}
