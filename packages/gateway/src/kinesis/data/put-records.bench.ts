/**
 * Rates of the data plane without network, on one thread of this machine. After `npm run build`:
 *
 *   npx jiti packages/gateway/src/kinesis/data/put-records.bench.ts [directory]
 *
 * Bodies are PutRecords of 500 records of 200 bytes, as the SDK writes them. "no store" replaces the transaction by
 * nothing; "c=16" has 16 calls in the air, as 16 connections would. Figures of one run compare with each other.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store } from '@millrace/store'
import { seededRandom, systemClock } from '@millrace/values'
import { makeDataPlane } from '../../../dist/kinesis/data/data-plane.js'
import { PutRecordsScanner } from '../../../dist/kinesis/data/put-records-scanner.js'
import { awsLimits, localLimits } from '../../../dist/kinesis/kinesis-limits.js'
import { openKinesisService } from '../../../dist/kinesis/kinesis-service.js'
import { MetricRegistry } from '../../../dist/metrics/metric-registry.js'
import { encodeBody } from '../../../dist/wire/body-codec.js'

const RECORDS = 500
const RUNS = 5
/** A round of a measurement; a multiple of the calls in the air. */
const CALLS = 256
const random = seededRandom(7)
const base = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'millrace-bench-'))

const bodies = Array.from({ length: 16 }, (_, call) => {
  const Records = Array.from({ length: RECORDS }, (_, i) => ({
    Data: Buffer.from(Array.from({ length: 200 }, () => random.below(256))).toString('base64'),
    PartitionKey: `order-${call}-${i * 7919}`,
  }))
  return Buffer.from(JSON.stringify({ Records, StreamName: 's' }))
})
const caller = { keyId: 'bench', account: '000000000000', authorize: () => {} }
const { signal } = new AbortController()

function wireCall(operation: string, body: Uint8Array, encoding: 'json' | 'cbor' = 'json') {
  return { operation, encoding, body, requestId: 'bench', signal, authenticate: () => caller }
}

interface Case {
  readonly shards: number
  readonly isFast: boolean
  readonly hasStore: boolean
  readonly isLimited?: boolean
}

async function withService(how: Case, run: (handle: Handle, store: Store) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(base, 'case-'))
  const store = await openStore({ dir, clock: systemClock })
  store.defineStream({ name: 's', shards: how.shards, retentionMs: 86_400_000 })
  const used = how.hasStore ? store : withoutCommits(store)
  // The rates of the profile, so high that nothing is refused: what asking costs.
  const limits = { ...awsLimits, shardWriteBytesPerSecond: 1e12, shardWriteRecordsPerSecond: 1e12 }
  const service = openKinesisService({
    store: used,
    clock: systemClock,
    random,
    meter: new MetricRegistry({ clock: systemClock }),
    limits: how.isLimited === true ? limits : localLimits,
    region: 'us-east-1',
    data(context) {
      const data = makeDataPlane(context)
      return how.isFast ? data : { ...data, fast: [] }
    },
  })
  await run(async (operation, body, encoding) => {
    const reply = await service.handle(wireCall(operation, body, encoding))
    if (reply.kind === 'events') throw new Error('an event stream')
    return reply.kind === 'bytes' ? reply.bytes : encodeBody(reply.value ?? {}, encoding ?? 'json')
  }, store)
  await service.close()
  await store.close()
  rmSync(dir, { recursive: true })
}

type Handle = (operation: string, body: Uint8Array, encoding?: 'json' | 'cbor') => Promise<Uint8Array>

/** The same store, except that nothing is written. */
function withoutCommits(store: Store): Store {
  let time = 0
  const transaction = { time: Math.floor(systemClock.now()), isOpen: () => true, appendBatch: () => time++ }
  return new Proxy(store, {
    get(target, name) {
      if (name === 'commit') return (work: (transaction: unknown) => unknown) => work(transaction)
      const member = target[name as keyof Store] as unknown
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

async function measure(
  name: string,
  perCall: number,
  ms: number,
  work: (n: number) => Promise<void>,
): Promise<void> {
  await work(CALLS)
  const rates: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const began = systemClock.now()
    let calls = 0
    while (systemClock.now() - began < ms) {
      await work(CALLS)
      calls += CALLS
    }
    rates.push((calls * perCall) / (systemClock.now() - began))
  }
  rates.sort((a, b) => a - b)
  const [low, middle, high] = [rates[0]!, rates[RUNS >> 1]!, rates[RUNS - 1]!].map((rate) =>
    rate.toFixed(rate < 100 ? 1 : 0),
  )
  console.log(`${name.padEnd(44)} ${middle!.padStart(6)}k records/s  [${low}..${high}]`)
}

async function calls(handle: Handle, inAir: number, n: number): Promise<void> {
  for (let i = 0; i < n; i += inAir)
    await Promise.all(Array.from({ length: inAir }, (_, k) => handle('PutRecords', bodies[(i + k) & 15]!)))
}

async function puts(): Promise<void> {
  const scanner = new PutRecordsScanner()
  await measure('scan alone', RECORDS, 300, async (n) => {
    for (let i = 0; i < n; i++) if (!scanner.scan(bodies[i & 15]!)) throw new Error('not scanned')
  })
  for (const shards of [1, 8]) {
    for (const isFast of [true, false]) {
      for (const how of ['no store', 'no store, rates', 'c=1', 'c=16']) {
        const hasStore = how.startsWith('c=')
        const inAir = how === 'c=1' ? 1 : 16
        await withService({ shards, isFast, hasStore, isLimited: how.endsWith('rates') }, (handle) =>
          measure(`put, ${isFast ? 'short cut' : 'general'}, ${shards} shards, ${how}`, RECORDS, 400, (n) =>
            calls(handle, inAir, n),
          ),
        )
      }
    }
  }
}

/** One record a call: what group commit makes of many callers. */
async function singles(): Promise<void> {
  const body = encodeBody({ StreamName: 's', PartitionKey: 'order-1', Data: Buffer.alloc(200, 7) }, 'json')
  for (const inAir of [1, 16, 256]) {
    await withService({ shards: 8, isFast: true, hasStore: true }, (handle) =>
      measure(`PutRecord, c=${inAir}`, 1, 400, async (n) => {
        for (let i = 0; i < n; i += inAir)
          await Promise.all(Array.from({ length: inAir }, () => handle('PutRecord', body)))
      }),
    )
  }
}

async function gets(): Promise<void> {
  await withService({ shards: 1, isFast: true, hasStore: true }, async (handle) => {
    await calls(handle, 16, 320)
    const at = JSON.stringify({
      StreamName: 's',
      ShardId: 'shardId-000000000000',
      ShardIteratorType: 'TRIM_HORIZON',
    })
    const reply = Buffer.from(await handle('GetShardIterator', Buffer.from(at)))
    const { ShardIterator } = JSON.parse(reply.toString()) as { ShardIterator: string }
    for (const Limit of [500, 10_000]) {
      for (const encoding of ['json', 'cbor'] as const) {
        const body = encodeBody({ ShardIterator, Limit }, encoding)
        await measure(`get, ${Limit} a page, ${encoding}`, Limit, 400, async (n) => {
          for (let i = 0; i < n; i++) await handle('GetRecords', body, encoding)
        })
      }
    }
  })
}

try {
  await puts()
  await singles()
  await gets()
} finally {
  rmSync(base, { recursive: true, force: true })
}
