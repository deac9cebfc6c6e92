import { gzipSync } from 'node:zlib'
import { awsLimits, defaultAccount, type StoreGateway } from '@millrace/gateway'
import { openDeliveries } from '@millrace/lake'
import { type AppDefinition, writeStageRecord } from '@millrace/runtime'
import type { Store } from '@millrace/store'
import {
  aggregate,
  formatSequenceNumber,
  hashToBigInt,
  md5Words,
  seededRandom,
  VirtualClock,
} from '@millrace/values'
import { afterEach, describe, expect, it } from 'vitest'
import type {
  PutAnswer,
  RecordAnswer,
  RecordsAnswer,
  ShardCountAnswer,
  ShardCountChanged,
  StreamAnswer,
  StreamListAnswer,
  StreamRecord,
  TailMessage,
} from '../../protocol/streams.ts'
import { type OpenRoutes, type OpenRoutesOptions, openRoutes } from '../../testing/open-routes.ts'
import { streamRoutes } from './stream-routes.ts'

const start = 1_763_700_000_000
let routes: OpenRoutes | undefined
afterEach(async () => {
  await routes?.close()
  routes = undefined
})

const app: AppDefinition = {
  name: 'shop',
  streams: [],
  tables: [],
  stages: [],
}

async function open({
  stages = [],
  ...options
}: OpenRoutesOptions & Partial<Pick<AppDefinition, 'stages'>> = {}) {
  const clock = new VirtualClock(start)
  const definition = { ...app, stages }
  let opened = (): StoreGateway | undefined => undefined
  routes = await openRoutes(
    (store: Store, gateway: () => StoreGateway | undefined) => {
      opened = gateway
      return streamRoutes({
        store,
        clock,
        random: seededRandom(5),
        gateway,
        app: { definition, file: '/app.ts', app: undefined },
        notebook: undefined,
        // Not asked by these routes.
        lake: {} as never,
      })
    },
    { clock, ...options },
  )
  return { clock, api: routes, store: routes.store, gateway: () => opened()! }
}

function append(
  store: Store,
  stream: string,
  records: readonly (readonly [key: string, data: string | Uint8Array])[],
) {
  return store.commit((transaction) =>
    transaction.append(
      stream,
      records.map(([key, data]) => ({ key: Buffer.from(key), data: Buffer.from(data) })),
    ),
  )
}

/** Records of random commits, in their order. */
async function fill(store: Store, clock: VirtualClock, commits: number) {
  const random = seededRandom(11)
  const all: {
    readonly shard: number
    readonly sequence: number
    readonly n: number
    readonly key: string
  }[] = []
  for (let commit = 0; commit < commits; commit++) {
    await clock.advance(random.below(3))
    const records = Array.from({ length: 1 + random.below(6) }, (_, i) => ({
      key: `k${random.below(9)}`,
      n: all.length + i,
    }))
    const places = append(
      store,
      's',
      records.map(({ key, n }) => [key, JSON.stringify({ n, third: n % 3 === 0 })]),
    )
    const placed = records.map((record, i) => ({ ...record, ...places[i]! }))
    all.push(...placed.toSorted((a, b) => a.shard - b.shard || a.sequence - b.sequence))
  }
  return all
}

describe('records', () => {
  async function all(api: OpenRoutes, query: Readonly<Record<string, string>>) {
    const records: StreamRecord[] = []
    let next: string | undefined
    for (let pages = 0; pages < 1_000; pages++) {
      const { status, body } = await api.get<RecordsAnswer>('/admin/streams/records', {
        stream: 's',
        ...query,
        next,
      })
      expect(status).toBe(200)
      expect(body.records.length).toBeLessThanOrEqual(Number(query.limit ?? 50))
      records.push(...body.records)
      next = body.next
      if (body.isAtEnd) return { records, next }
    }
    throw new Error('no end')
  }
  const places = (records: readonly { shard: number; sequence: number }[]) =>
    records.map(({ shard, sequence }) => `${shard}:${sequence}`)

  it('pages of any size, filtered or not, of all shards or one, are the order of commits without gap or repeat', async () => {
    const { api, store, clock } = await open()
    store.defineStream({ name: 's', shards: 3, retentionMs: 86_400_000 })
    const order = await fill(store, clock, 25)
    for (const limit of ['1', '7', '1000'])
      expect(places((await all(api, { limit })).records)).toEqual(places(order))
    const thirds = await all(api, { limit: '5', where: '$.third = true' })
    expect(places(thirds.records)).toEqual(places(order.filter(({ n }) => n % 3 === 0)))
    const ofKey = await all(api, { limit: '5', key: 'k3', text: '"n"' })
    expect(places(ofKey.records)).toEqual(places(order.filter(({ key }) => key === 'k3')))
    const ofShard = await all(api, { limit: '9', shard: 'shardId-000000000001' })
    expect(places(ofShard.records)).toEqual(places(order.filter(({ shard }) => shard === 1)))
    const newest = await all(api, { at: 'latest - 10' })
    expect(places(newest.records)).toEqual(places(order.slice(-10)))
    // What comes later follows from the token of the last page.
    append(store, 's', [['late', '{}']])
    const { body } = await api.get<RecordsAnswer>('/admin/streams/records', {
      stream: 's',
      next: newest.next,
    })
    expect(body.records.map(({ partitionKey }) => partitionKey)).toEqual(['late'])
  })

  it('a sequence number is the one that clients see, and leads back to its record', async () => {
    const { api, store, clock } = await open()
    store.defineStream({ name: 's', shards: 2, retentionMs: 86_400_000 })
    await fill(store, clock, 5)
    const { records } = await all(api, {})
    for (const record of records) {
      const info = store.stream('s')!
      const { shard, sequence, arrivalTime, sequenceNumber } = record
      expect(sequenceNumber).toBe(formatSequenceNumber(info, shard, sequence, arrivalTime))
      const one = await api.get<RecordAnswer>('/admin/streams/record', { stream: 's', sequenceNumber })
      expect(one.body.record).toEqual(record)
      const from = await api.get<RecordsAnswer>('/admin/streams/records', { stream: 's', at: sequenceNumber })
      expect(from.body.records[0]).toEqual(record)
    }
    const future = formatSequenceNumber(store.stream('s')!, 0, 900, start)
    const gone = await api.get('/admin/streams/record', { stream: 's', sequenceNumber: future })
    expect(gone).toMatchObject({ status: 400, body: { error: { code: 'STREAM_PLACE_INVALID' } } })
    const other = await api.get('/admin/streams/record', { stream: 's', sequenceNumber: 'latest' })
    expect(other).toMatchObject({ status: 404, body: { error: { code: 'RECORD_GONE' } } })
  })

  it('payloads are decoded, bounded, and aggregates taken apart', async () => {
    const { api, store } = await open()
    store.defineStream({ name: 's', shards: 1, retentionMs: 86_400_000 })
    const user = ['a', 'b', 'c'].map((partitionKey, n) => ({
      partitionKey,
      data: Buffer.from(JSON.stringify({ n })),
    }))
    const [packed] = aggregate(user)
    const long = `${'ü'.repeat(10_000)}`
    append(store, 's', [
      ['json', ' {"big":12345678901234567890} '],
      ['text', '<script>alert(1)</script>'],
      ['bytes', new Uint8Array([255, 0, 1])],
      ['gzip', gzipSync('{"zipped":true}')],
      [packed!.partitionKey, packed!.data],
      ['long', long],
    ])
    const { records } = await all(api, {})
    const payloads = records.map(({ payload }) => payload)
    expect(payloads.slice(0, 4)).toEqual([
      { kind: 'json', text: ' {"big":12345678901234567890} ' },
      { kind: 'text', text: '<script>alert(1)</script>' },
      { kind: 'base64', text: '/wAB' },
      { kind: 'json', text: '{"zipped":true}', isGzip: true },
    ])
    expect(payloads[4]).toEqual({
      kind: 'aggregate',
      count: 3,
      records: ['a', 'b', 'c'].map((partitionKey, n) => ({
        subSequence: n,
        partitionKey,
        payload: { kind: 'json', text: `{"n":${n}}` },
      })),
    })
    expect(payloads[5]).toEqual({ kind: 'text', text: 'ü'.repeat(8_192), isCut: true })
    const whole = await api.get<RecordAnswer>('/admin/streams/record', {
      stream: 's',
      sequenceNumber: records[5]?.sequenceNumber,
    })
    expect(whole.body.record.payload).toEqual({ kind: 'text', text: long })
    // With a filter an aggregate shows what meets it.
    const { records: ofB } = await all(api, { key: 'b' })
    expect(ofB).toMatchObject([{ payload: { count: 3, records: [{ subSequence: 1, partitionKey: 'b' }] } }])
  })

  it('what the caller gets wrong is told with its place', async () => {
    const { api, store } = await open()
    store.defineStream({ name: 'orders', shards: 1, retentionMs: 86_400_000 })
    const fault = async (query: Readonly<Record<string, string>>) => {
      const { status, body } = await api.get('/admin/streams/records', query)
      return [status, body.error?.code, body.error?.message] as const
    }
    expect(await fault({})).toMatchObject([400, 'VALUE_MISSING', /"stream"/])
    expect(await fault({ stream: 'order' })).toMatchObject([404, 'STREAM_UNKNOWN', /Did you mean "orders"/])
    expect(await fault({ stream: 'orders', at: 'noon' })).toMatchObject([
      400,
      'STREAM_PLACE_INVALID',
      /"noon"/,
    ])
    expect(await fault({ stream: 'orders', where: '$.a = ' })).toMatchObject([
      400,
      'RECORD_FILTER_INVALID',
      /character 7/,
    ])
    expect(await fault({ stream: 'orders', limit: '0' })).toMatchObject([400, 'VALUE_INVALID', /1 to 1000/])
    expect(await fault({ stream: 'orders', shard: '4' })).toMatchObject([404, 'SHARD_UNKNOWN', /"4"/])
    expect(await fault({ stream: 'orders', next: 'x' })).toMatchObject([400, 'TOKEN_INVALID', /"next"/])
    const tail = await api.get('/admin/streams/tail', { stream: 'orders', where: 'a' })
    expect(tail).toMatchObject({ status: 400, body: { error: { code: 'RECORD_FILTER_INVALID' } } })
  })
})

it('a token of a stream that was deleted and made again is refused', async () => {
  const { api, store } = await open()
  store.defineStream({ name: 's', shards: 1, retentionMs: 86_400_000 })
  const { body } = await api.get<RecordsAnswer>('/admin/streams/records', { stream: 's' })
  store.deleteStream('s')
  store.defineStream({ name: 's', shards: 1, retentionMs: 86_400_000 })
  const again = await api.get('/admin/streams/records', { stream: 's', next: body.next })
  expect(again).toMatchObject({ status: 400, body: { error: { code: 'TOKEN_INVALID' } } })
})

describe('puts', () => {
  it('go to the shard of their key or hash, are counted, and come out of the tail', async () => {
    const { api, store, clock } = await open()
    store.defineStream({ name: 's', shards: 4, retentionMs: 86_400_000 })
    const events = api.events('/admin/streams/tail', { stream: 's', key: 'k*' })
    const first = events.next()
    const running = new AbortController()
    // Time goes on, as the tail waits for it.
    const passing = (async () => {
      while (!running.signal.aborted) await clock.advance(20)
    })()
    const words = new Uint32Array(4)
    for (const key of ['k1', 'k2', 'k3', 'Zürich']) {
      const bytes = Buffer.from(key)
      md5Words(bytes, 0, bytes.length, words)
      const hash = hashToBigInt(words)
      const expected = store
        .stream('s')!
        .shardInfos.findIndex(({ range }) => range.start <= hash && hash <= range.end)
      const { status, body } = await api.post<PutAnswer>('/admin/streams/put', {
        stream: 's',
        partitionKey: key,
        text: 'é',
      })
      expect({ status, shardId: body.shardId }).toEqual({
        status: 200,
        shardId: `shardId-00000000000${expected}`,
      })
    }
    const last = await api.post<PutAnswer>('/admin/streams/put', {
      stream: 's',
      partitionKey: 'k1',
      data: '/wAB',
      explicitHashKey: String(2n ** 128n - 1n),
    })
    expect(last.body.shardId).toBe('shardId-000000000003')
    const seen: StreamRecord[] = []
    for (let event = await first; ; event = await events.next()) {
      if (event.done === true) throw new Error('the tail has ended')
      seen.push(...(event.value.data as TailMessage).records)
      if (seen.length >= 4) break
    }
    running.abort()
    await passing
    await events.return(undefined)
    expect(seen.map(({ partitionKey }) => partitionKey)).toEqual(['k1', 'k2', 'k3', 'k1'])
    expect(seen.at(-1)).toMatchObject({
      sequenceNumber: last.body.sequenceNumber,
      payload: { kind: 'base64' },
    })
  })

  it('are refused as the gateway refuses them, and by what they lack', async () => {
    const limits = { ...awsLimits, statusMs: 0 }
    const { api, store } = await open({ limits })
    store.defineStream({ name: 's', shards: 1, retentionMs: 86_400_000 })
    const put = async (body: object) => {
      const answer = await api.post('/admin/streams/put', {
        stream: 's',
        partitionKey: 'k',
        text: 'x',
        ...body,
      })
      return [answer.status, answer.body.error?.code]
    }
    expect(await put({ text: 'x'.repeat(1024 * 1024) })).toEqual([400, 'InvalidArgumentException'])
    expect(await put({ explicitHashKey: '-1' })).toEqual([400, 'ValidationException'])
    expect(await put({ stream: 'none' })).toEqual([400, 'ResourceNotFoundException'])
    expect(await put({ partitionKey: '' })).toEqual([400, 'VALUE_MISSING'])
    expect(await put({ data: 'eA==' })).toEqual([400, 'PAYLOAD_MISSING'])
    expect(await put({ text: 'x'.repeat(1024 * 1024 - 1) })).toEqual([200, undefined])
    expect(await put({ text: 'x'.repeat(1024 * 1024 - 1) })).toEqual([
      400,
      'ProvisionedThroughputExceededException',
    ])
  })
})

describe('the shard count', () => {
  const plan = async (api: OpenRoutes, shards: number) =>
    (await api.get<ShardCountAnswer>('/admin/streams/shard-count', { stream: 's', shards: String(shards) }))
      .body

  it('is changed as was said before', async () => {
    const { api, store } = await open()
    store.defineStream({ name: 's', shards: 3, retentionMs: 86_400_000 })
    for (const target of [5, 4, 2]) {
      const said = await plan(api, target)
      expect(said).toMatchObject({
        target,
        about: expect.stringContaining(`become ${target} of even ranges`),
      })
      const before = store.stream('s')!.shardInfos.length
      const { body } = await api.post<ShardCountChanged>('/admin/streams/shard-count', {
        stream: 's',
        shards: target,
      })
      expect(body).toMatchObject({ target, openShards: expect.objectContaining({ length: target }) })
      const made = store.stream('s')!.shardInfos.slice(before)
      expect(said.steps.flatMap(({ opens }) => opens)).toEqual(
        made.map(({ shard, parents, range }) => ({
          shard,
          parents,
          from: Number(range.start) / 2 ** 128,
          width: Number(range.end - range.start + 1n) / 2 ** 128,
        })),
      )
    }
    expect(await plan(api, 2)).toMatchObject({ steps: [], about: expect.stringContaining('nothing changes') })
  })

  it('that would be refused is said to be, with the reason, and is refused', async () => {
    const { api, store } = await open({
      guard: {
        mayDelete: () => undefined,
        mayReshard: (stream) => (stream === 's' ? 'Stream s is read in 2 parts.' : undefined),
        mayDeleteTable: () => undefined,
      },
    })
    store.defineStream({ name: 's', shards: 2, retentionMs: 86_400_000 })
    const change = async (shards: unknown) =>
      (await api.post('/admin/streams/shard-count', { stream: 's', shards })).body.error?.code
    expect(await plan(api, 4)).toMatchObject({
      refused: { code: 'ResourceInUseException', message: 'Stream s is read in 2 parts.' },
      steps: [],
    })
    expect(await change(4)).toBe('ResourceInUseException')
    expect(await plan(api, 9)).toMatchObject({ refused: { code: 'InvalidArgumentException' } })
    expect(await change(9)).toBe('InvalidArgumentException')
    expect(await change('many')).toBe('VALUE_INVALID')
    expect(store.stream('s')?.shardInfos).toHaveLength(2)
    const { body } = await api.get<StreamAnswer>('/admin/streams/stream', { stream: 's' })
    expect(body.fixedShards).toBe('Stream s is read in 2 parts.')
  })
})

describe('lists and figures', () => {
  // Who reads what is all that is looked at.
  const save = { kind: 'function', name: 'save', from: 's' } as AppDefinition['stages'][number]

  it('say how fast a stream grows, who reads it and how far behind', async () => {
    const { api, store, clock } = await open({ stages: [save] })
    store.defineStream({ name: 's', shards: 2, retentionMs: 86_400_000 })
    const list = async () => (await api.get<StreamListAnswer>('/admin/streams')).body.streams[0]
    await clock.advance(60_000)
    for (let second = 0; second < 10; second++) {
      await clock.advance(1_000)
      append(
        store,
        's',
        Array.from({ length: 50 }, (_, i) => [`k${i}`, 'x'.repeat(98)] as const),
      )
    }
    const info = store.stream('s')!
    const [first, second] = info.shardInfos
    store.commit((transaction) =>
      transaction.setStage(
        'save',
        writeStageRecord({
          kind: 'function',
          ledger: { out: 0, late: 0, filtered: 0, dead: 0, emitted: 0, errors: 0 },
          shards: [
            { start: 0, read: first!.next, lanes: [first!.next - 30], inFlight: 30 },
            { start: 0, read: second!.next, lanes: [second!.next], inFlight: 0 },
          ],
          made: { s: info.createdAt },
        }),
      ),
    )
    const summary = await list()
    expect(summary).toMatchObject({ name: 's', openShards: 2, closedShards: 0, records: 500 })
    expect(summary?.recordsPerSecond).toBeCloseTo(50, 0)
    expect(summary?.bytesPerSecond).toBeGreaterThan(50 * 99)
    const [reader] = summary?.readers ?? []
    expect(reader).toMatchObject({ kind: 'function', name: 'save', lagRecords: 30 })
    expect(reader?.ageMs).toBeGreaterThanOrEqual(0)
    // Then nothing comes, and rates go to zero.
    for (let i = 0; i < 6; i++) {
      await clock.advance(4_000)
      await list()
    }
    expect((await list())?.recordsPerSecond).toBe(0)
    const { body } = await api.get<StreamAnswer>('/admin/streams/stream', { stream: 's' })
    expect(body.positions).toMatchObject([
      { reader: { name: 'save' }, shards: [{ lagRecords: 30 }, { lagRecords: 0 }] },
    ])
    expect(body.positions[0]?.shards[0]?.ageMs).toBeGreaterThan(24_000)
    expect(body.limits).toEqual({
      writeRecords: 1000,
      writeBytes: 1048576,
      readBytes: 2097152,
      isEnforced: false,
    })
  })

  it('name registered consumers and clients that poll', async () => {
    const { api, store, gateway } = await open()
    store.defineStream({ name: 's', shards: 1, retentionMs: 86_400_000 })
    const call = async (operation: string, input: object) => {
      const reply = await gateway().service.handle({
        operation,
        encoding: 'json',
        body: Buffer.from(JSON.stringify(input)),
        requestId: 'r',
        signal: new AbortController().signal,
        authenticate: () => ({ keyId: 'k', account: defaultAccount, authorize: () => {} }),
      })
      return reply.kind === 'value' ? (reply.value as Record<string, string>) : {}
    }
    const readers = async () => (await api.get<StreamListAnswer>('/admin/streams')).body.streams[0]?.readers
    expect(await readers()).toEqual([])
    const { body } = await api.get<StreamAnswer>('/admin/streams/stream', { stream: 's' })
    await call('RegisterStreamConsumer', { StreamARN: body.arn, ConsumerName: 'fan' })
    expect(await readers()).toEqual([{ kind: 'consumer', name: 'fan' }])
    const { ShardIterator } = await call('GetShardIterator', {
      StreamName: 's',
      ShardId: 'shardId-000000000000',
      ShardIteratorType: 'TRIM_HORIZON',
    })
    await call('GetRecords', { ShardIterator })
    expect(await readers()).toEqual([
      { kind: 'consumer', name: 'fan' },
      { kind: 'clients', name: 'GetRecords', ageMs: 0 },
    ])
  })

  it('name deliveries that clients have made', async () => {
    const { api, store, clock } = await open()
    store.defineStream({ name: 's', shards: 1, retentionMs: 86_400_000 })
    append(store, 's', [['k', 'x']])
    openDeliveries({ store, clock }).create(
      'archive',
      {
        source: { kind: 'stream', stream: 's', startingPosition: 'TRIM_HORIZON' },
        destination: {
          kind: 'files',
          bucket: 'lake',
          timeZone: 'UTC',
          buffering: { bytes: 1_000, ms: 60_000 },
          format: { kind: 'raw' },
          compression: 'UNCOMPRESSED',
        },
      },
      { owner: 'api' },
    )
    await clock.advance(5_000)
    const { body } = await api.get<StreamListAnswer>('/admin/streams')
    expect(body.streams.find(({ name }) => name === 's')?.readers).toMatchObject([
      {
        kind: 'delivery',
        name: 'archive',
        stage: expect.stringContaining('archive'),
        lagRecords: 1,
        ageMs: 5_000,
      },
    ])
  })

  it('mark a shard that takes more than its share, or nears its limits', async () => {
    const { api, store, clock } = await open({ limits: { ...awsLimits, shardWriteRecordsPerSecond: 100 } })
    store.defineStream({ name: 's', shards: 4, retentionMs: 86_400_000 })
    await clock.advance(60_000)
    const shardsOf = async () => (await api.get<StreamAnswer>('/admin/streams/stream', { stream: 's' })).body
    append(
      store,
      's',
      Array.from({ length: 500 }, () => ['one key', 'x'] as const),
    )
    const uneven = await shardsOf()
    expect(uneven.limits).toMatchObject({ writeRecords: 100, isEnforced: true })
    expect(uneven.shards.filter(({ hot }) => hot !== undefined)).toMatchObject([{ hot: 'uneven', use: 0.5 }])
    append(
      store,
      's',
      Array.from({ length: 500 }, () => ['one key', 'x'] as const),
    )
    expect((await shardsOf()).shards.filter(({ hot }) => hot !== undefined)).toMatchObject([
      { hot: 'limit', use: 1 },
    ])
  })

  it('draw the lineage: parents, children and generations', async () => {
    const { api, store } = await open()
    store.defineStream({ name: 's', shards: 2, retentionMs: 86_400_000 })
    await api.post('/admin/streams/shard-count', { stream: 's', shards: 3 })
    const { body } = await api.get<StreamAnswer>('/admin/streams/stream', { stream: 's' })
    const opened = body.shards.filter(({ closedAt }) => closedAt === undefined)
    expect(opened.reduce((sum, { width }) => sum + width, 0)).toBeCloseTo(1, 12)
    for (const { shard, parents, children, generation } of body.shards) {
      for (const child of children) expect(body.shards[child]?.parents).toContain(shard)
      for (const parent of parents) {
        expect(body.shards[parent]?.children).toContain(shard)
        expect(body.shards[parent]?.generation).toBeLessThan(generation)
      }
    }
  })
})
