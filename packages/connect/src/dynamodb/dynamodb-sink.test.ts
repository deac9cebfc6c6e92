import type { StreamRecord } from '@millrace/runtime'
import { seededRandom, VirtualClock } from '@millrace/values'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Json, named, underTime } from '../kinesis/testing/fake-kinesis.ts'
import type { SinkError } from '../sink-error.ts'
import { testContext } from '../testing/function-context.ts'
import { type DynamodbSinkOptions, dynamodbSink } from './dynamodb-sink.ts'
import { type BatchRequest, FlakyDynalite } from './testing/flaky-dynalite.ts'

const start = Date.UTC(2026, 0, 1)
const clock = new VirtualClock(start)
let far: FlakyDynalite
let tables = 0
let table = ''

beforeAll(async () => {
  far = await FlakyDynalite.start()
})
afterAll(() => far.close())
beforeEach(async () => {
  table = `table-${tables++}`
  far.isUnprocessed = () => false
  far.fate = () => undefined
  await far.makeTable(table, { id: 'S' })
  far.calls.length = 0
})

const record = (sequence: number, value: unknown): StreamRecord => {
  const data = typeof value === 'string' ? value : JSON.stringify(value)
  return {
    stream: 'near',
    shard: 0,
    sequence,
    partitionKey: 'k',
    arrivalTimeMs: start,
    data: Buffer.from(data),
    text: () => data,
    json: () => JSON.parse(data),
  }
}
const context = (signal?: AbortSignal) => testContext(signal === undefined ? {} : { signal })
const sinkOf = (options: Partial<DynamodbSinkOptions> = {}) =>
  dynamodbSink({ ...far.endpoint, table, clock, random: seededRandom(1), ...options })
const run = (work: unknown): Promise<unknown> => underTime(clock, Promise.resolve(work))
const failureOf = (work: unknown): Promise<SinkError> =>
  run(work).then(
    () => Promise.reject(new Error('it should have failed')),
    // The sink's only failures, as the tests below expect them.
    (error) => error as SinkError,
  )
const stored = async (): Promise<Map<string, string>> =>
  new Map((await far.items(table)).map((item) => [(item.id as { S: string }).S, JSON.stringify(item.v)]))
const sizes = (): number[] =>
  far
    .callsOf('BatchWriteItem')
    .map((call) => Object.values(call.RequestItems as Record<string, unknown[]>)[0]!.length)
const idOf = ({ PutRequest: put, DeleteRequest: remove }: BatchRequest): string => {
  const item: Json = put?.Item ?? remove?.Key ?? {}
  return (item.id as { S: string }).S
}

describe('under faults', () => {
  test('the table ends as the last item of each key, whatever comes back unprocessed, is refused or lost', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const random = seededRandom(seed)
      table = `faults-${seed}`
      await far.makeTable(table, { id: 'S' })
      far.isUnprocessed = () => random.next() < 0.3
      far.fate = (operation) => {
        const draw = random.next()
        if (operation === 'BatchWriteItem' && draw < 0.2) return 'lost'
        return draw < 0.4 ? named('ProvisionedThroughputExceededException') : undefined
      }
      const sink = sinkOf({ attemptsMax: 100, random })
      const last = new Map<string, string>()
      for (let batch = 0; batch < 3; batch++) {
        const records = Array.from({ length: 120 }, (_, i) => {
          const id = `key-${random.below(60)}`
          last.set(id, JSON.stringify({ N: String(batch * 1000 + i) }))
          return record(i, { id, v: batch * 1000 + i })
        })
        await run(sink(records, context()))
      }
      expect(await stored(), `seed ${seed}`).toEqual(last)
    }
  })

  test('only newer items are written, in whatever order and however often records come', async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const random = seededRandom(seed)
      table = `newer-${seed}`
      await far.makeTable(table, { id: 'S' })
      far.fate = (operation) => {
        const draw = random.next()
        if (operation === 'PutItem' && draw < 0.2) return 'lost'
        return draw < 0.3 ? named('ThrottlingException') : undefined
      }
      const sink = sinkOf({ onlyNewer: 'v', attemptsMax: 100, random })
      const greatest = new Map<string, number>()
      for (let batch = 0; batch < 3; batch++) {
        const records = Array.from({ length: 40 }, (_, i) => {
          const [id, v] = [`key-${random.below(10)}`, random.below(1000)]
          greatest.set(id, Math.max(v, greatest.get(id) ?? -1))
          return record(i, { id, v })
        })
        await run(sink(records, context()))
      }
      const expected = [...greatest].map(([id, v]) => [id, JSON.stringify({ N: String(v) })] as const)
      expect(await stored(), `seed ${seed}`).toEqual(new Map(expected))
    }
  })
})

describe('calls', () => {
  test('hold 25 items; what is unprocessed goes again after a wait that grows, and nothing else', async () => {
    const times: number[] = []
    far.fate = (operation) => {
      if (operation === 'BatchWriteItem') times.push(clock.now())
      return undefined
    }
    let refusals = 3
    far.isUnprocessed = (request) => idOf(request) === 'key-7' && refusals-- > 0
    const records = Array.from({ length: 60 }, (_, i) => record(i, { id: `key-${i}`, v: i }))
    await run(sinkOf()(records, context()))
    expect(sizes()).toEqual([25, 25, 10, 1, 1, 1])
    expect((await stored()).size).toBe(60)
    expect(times[3]! - times[0]!).toBeGreaterThanOrEqual(50)
    expect(times[5]! - times[4]!).toBeGreaterThanOrEqual(100)
  })

  test('hold 16 MB, counted as they go over the wire', async () => {
    far.fate = (operation) => (operation === 'BatchWriteItem' ? 'swallowed' : undefined)
    // Binaries grow by a third, and quotes are escaped.
    const item = (one: StreamRecord): object => ({
      id: `key-${one.sequence}`,
      bytes: new Uint8Array(200_000),
      text: '"'.repeat(190_000),
    })
    const records = Array.from({ length: 25 }, (_, i) => record(i, {}))
    await run(sinkOf({ item })(records, context()))
    expect(sizes()).toEqual([25])
    const quotes = (one: StreamRecord): object => ({
      id: `key-${one.sequence}`,
      text: '\u0001'.repeat(400_000),
    })
    far.calls.length = 0
    await run(sinkOf({ item: quotes })(records, context()))
    expect(sizes()).toEqual([6, 6, 6, 6, 1])
  })

  test('a key comes once in a batch: the last wins, and a delete is a write like others', async () => {
    const sink = sinkOf({
      deleteKey: (one) =>
        one.json<{ gone?: boolean }>().gone === true ? { id: one.json<{ id: string }>().id } : undefined,
    })
    const values = [
      { id: 'a', v: 1 },
      { id: 'b', v: 1 },
      { id: 'a', v: 2 },
      { id: 'b', gone: true },
      { id: 'c', gone: true },
      { id: 'c', v: 3 },
    ]
    await run(sink([record(0, { id: 'b', v: 0 })], context()))
    await run(
      sink(
        values.map((value, i) => record(i + 1, value)),
        context(),
      ),
    )
    expect(sizes()).toEqual([1, 3])
    expect(await stored()).toEqual(
      new Map([
        ['a', '{"N":"2"}'],
        ['c', '{"N":"3"}'],
      ]),
    )
  })

  test('keys of two parts, numbers and binaries are told apart by value', async () => {
    table = 'parts'
    await far.makeTable(table, { n: 'N', b: 'B' })
    far.calls.length = 0
    let unprocessed = 2
    far.isUnprocessed = () => unprocessed-- > 0
    const item = (one: StreamRecord): object => ({
      n: one.sequence < 2 ? 1 : 2,
      b: new Uint8Array([255]),
      v: one.sequence,
    })
    await run(sinkOf({ item })([record(0, {}), record(1, {}), record(2, {})], context()))
    expect(sizes()).toEqual([2, 2])
    expect((await far.items(table)).map((one) => one.v)).toEqual(
      expect.arrayContaining([{ N: '1' }, { N: '2' }]),
    )
    expect(far.callsOf('DescribeTable').length).toBe(1)
  })

  test('no digit of a number is lost, and records may write nothing', async () => {
    await run(sinkOf({ keys: ['id'] })([record(0, '{"id":"a","v":12345678901234567890.5}')], context()))
    expect(await stored()).toEqual(new Map([['a', '{"N":"12345678901234567890.5"}']]))
    far.calls.length = 0
    await run(sinkOf({ keys: ['id'], item: () => undefined })([record(0, {})], context()))
    expect(far.calls).toEqual([])
  })

  test('an item is deleted only if it is older', async () => {
    const sink = sinkOf({
      onlyNewer: 'v',
      deleteKey: (one) => (one.json<{ gone?: boolean }>().gone === true ? one.json<object>() : undefined),
    })
    await run(sink([record(0, { id: 'a', v: 5 }), record(1, { id: 'b', v: 5 })], context()))
    await run(
      sink([record(2, { id: 'a', v: 4, gone: true }), record(3, { id: 'b', v: 6, gone: true })], context()),
    )
    expect([...(await stored()).keys()]).toEqual(['a'])
  })
})

describe('failures', () => {
  test('a record that makes no item is blamed without a call, and the others are written', async () => {
    const records = [
      record(0, 'no json'),
      record(1, { v: 1 }),
      record(2, { id: '' }),
      record(3, { id: 7 }),
      record(4, { id: 'x', text: 'x'.repeat(410_000) }),
      record(5, { id: 'good', v: 1 }),
      record(6, '{"id":"n","v":1e999}'),
    ]
    const error = await failureOf(sinkOf()(records, context()))
    expect(error.code).toBe('SINK_ITEMS_FAILED')
    // The number under "id" is a key that only the table knows to be of another type.
    expect(error.records.map((one) => one.sequence).toSorted()).toEqual([0, 1, 2, 3, 4, 6])
    expect(error.failures.find((one) => one.sequence === 1)?.message).toMatch('The item needs its key, "id"')
    expect(error.failures.find((one) => one.sequence === 4)?.message).toMatch('maximum allowed size')
    expect([...(await stored()).keys()]).toEqual(['good'])
  })

  test('the table finds what it refuses among others, and retries send only what is missing', async () => {
    const records = Array.from({ length: 30 }, (_, i) =>
      record(i, i === 13 ? { id: 13, v: 0 } : { id: `key-${i}`, v: i }),
    )
    const sink = sinkOf()
    const error = await failureOf(sink(records, context()))
    expect(error.message).toMatch(
      /^SINK_ITEMS_FAILED table "table-\d+" refuses 1 records: near\/0\/13: ValidationException /,
    )
    expect((await stored()).size).toBe(29)
    far.calls.length = 0
    await run(
      sink(
        records.filter((one) => one.sequence !== 13),
        context(),
      ),
    )
    expect(far.calls).toEqual([])
  })

  test('an item that is refused does not take those before it along', async () => {
    const sink = sinkOf({
      item: (one) => ({ id: 'a', v: one.sequence, ...(one.sequence === 1 && { big: 'x'.repeat(410_000) }) }),
    })
    const records = [record(0, {}), record(1, {})]
    const error = await failureOf(sink(records, context()))
    expect(error.records.map((one) => one.sequence)).toEqual([1])
    expect(await stored()).toEqual(new Map([['a', '{"N":"0"}']]))
  })

  test('after enough attempts the batch fails without blame', async () => {
    far.isUnprocessed = (request) => idOf(request) === 'slow'
    const records = ['a', 'slow', 'b'].map((id, i) => record(i, { id, v: i }))
    const sink = sinkOf({ attemptsMax: 3 })
    const error = await failureOf(sink(records, context()))
    expect(error.records).toEqual([])
    expect(error.failures.map((one) => [one.sequence, one.code])).toEqual([[1, 'UnprocessedItem']])
    expect([...(await stored()).keys()].toSorted()).toEqual(['a', 'b'])
    far.isUnprocessed = () => false
    far.calls.length = 0
    await run(sink(records, context()))
    expect(sizes()).toEqual([1])
  })

  test('an item without the attribute that tells the newer one is refused', async () => {
    const error = await failureOf(sinkOf({ onlyNewer: 'seq' })([record(0, { id: 'a' })], context()))
    expect(error.failures[0]?.message).toMatch('needs a number or string "seq"')
  })

  test('what is no fault of a record fails at once', async () => {
    far.fate = () => named('AccessDeniedException', 'not you')
    const denied = failureOf(sinkOf()([record(0, { id: 'a' })], context()))
    expect((await denied).message).toMatch(
      /^DYNAMODB_CALL table "table-\d+": asking for its keys failed: AccessDeniedException: not you/,
    )
    const writing = failureOf(sinkOf({ keys: ['id'] })([record(0, { id: 'a' })], context()))
    expect((await writing).message).toMatch(/writing items failed: AccessDeniedException/)
  })

  test('a stage that stops ends the waiting', async () => {
    const stopping = new AbortController()
    far.isUnprocessed = () => {
      stopping.abort()
      return true
    }
    const error = await failureOf(sinkOf()([record(0, { id: 'a' })], context(stopping.signal)))
    expect(error.records).toEqual([])
    expect(error.failures.length).toBe(1)
  })

  test.each<[Partial<DynamodbSinkOptions>, string]>([
    [{ table: '' }, 'DYNAMODB_OPTION dynamodbSink: "table" must be given'],
    [{ concurrency: 0 }, 'DYNAMODB_OPTION dynamodbSink: "concurrency" must be an integer from 1 to 100'],
    [{ onlyNewer: '' }, 'DYNAMODB_OPTION dynamodbSink: "onlyNewer" must be given'],
  ])('%j is no option', (options, message) => {
    expect(() => sinkOf(options)).toThrow(message)
  })
})
