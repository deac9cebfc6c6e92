import { aggregate, VirtualClock } from '@millrace/values'
import { describe, expect, test } from 'vitest'
import { CONTRACT_START, describeSourceContract, SourceRun } from '../source-contract.ts'
import { kinesis, openStreamSource } from './kinesis-source.ts'
import type { StartPosition } from './kinesis-stream-port.ts'
import { SimulatedStream } from './testing/simulated-stream.ts'

const horizon: StartPosition = { type: 'TRIM_HORIZON' }

const sourceOf =
  (
    stream: SimulatedStream,
    { from = horizon, deaggregate = true }: { from?: StartPosition; deaggregate?: boolean } = {},
  ) =>
  (context: Parameters<ReturnType<typeof kinesis>>[0]) =>
    openStreamSource(stream, { from, deaggregate }, context)

/** Keys whose sum of bytes, modulo 3, is the shard's: so each target shard is fed by one line of shards, in its order. */
const keysOf = (line: number) =>
  ['a', 'd', 'g', 'j'].map((key) => String.fromCharCode(key.charCodeAt(0) + line))

/** Three shards, plain records and aggregates; each is split, and the lower half goes on. All are closed. */
function closedStream(): { stream: SimulatedStream; records: number } {
  const stream = new SimulatedStream(new VirtualClock(CONTRACT_START), 3)
  let records = 0
  const fill = (shard: (typeof stream.shards)[number], line: number) => {
    for (const [i, key] of keysOf(line).entries()) {
      stream.put(shard, key, Buffer.from(`plain ${records++}`.repeat(i + 1)))
      const users = Array.from({ length: 5 }, () => ({
        partitionKey: key,
        explicitHashKey: String(shard.range.start),
        data: Buffer.from(`aggregated ${records++}`.padEnd(100, '.')),
      }))
      stream.put(shard, 'a', aggregate(users)[0]!.data)
    }
  }
  for (const [line, shard] of stream.shards.slice().entries()) {
    fill(shard, line)
    const [lower, upper] = stream.split(shard)
    fill(lower!, line)
    stream.close1(lower!)
    stream.close1(upper!)
  }
  return { stream, records }
}

describeSourceContract('kinesis', () => {
  const { stream, records } = closedStream()
  return { open: sourceOf(stream), taken: records, dead: 0, isPaced: false }
})

describe('a stream elsewhere', () => {
  const clock = () => new VirtualClock(CONTRACT_START)
  const put = (stream: SimulatedStream, text: string, shard = stream.open[0]!) =>
    stream.put(shard, 'k', Buffer.from(text))
  const texts = (run: SourceRun) =>
    run
      .shards()
      .flat()
      .map((record) => record.data)

  test('shards that a merge made are begun when both parents are read, across restarts', async () => {
    const time = clock()
    const stream = new SimulatedStream(time, 2)
    const [lower, upper] = stream.shards
    for (let i = 0; i < 10; i++) {
      put(stream, `lower ${i}`, lower)
      put(stream, `upper ${i}`, upper)
    }
    const merged = stream.merge(lower!, upper!)
    for (let i = 0; i < 10; i++) put(stream, `merged ${i}`, merged)
    stream.close1(merged)
    const all: string[] = []
    let position: unknown
    for (let done = false; !done; ) {
      const run = await new SourceRun(sourceOf(stream), position, time).open()
      await run.read(30)
      all.push(...texts(run))
      position = run.position
      done = run.done
      await run.close()
    }
    expect(all.length).toBe(30)
    expect(new Set(all).size).toBe(30)
    expect(all.slice(20)).toEqual(Array.from({ length: 10 }, (_, i) => `merged ${i}`))
    const lowerTexts = all.filter((one) => one.startsWith('lower'))
    expect(lowerTexts).toEqual(Array.from({ length: 10 }, (_, i) => `lower ${i}`))
  })

  test('what comes while the source waits is read, and a split is followed', async () => {
    const time = clock()
    const stream = new SimulatedStream(time, 1)
    const run = await new SourceRun(sourceOf(stream), undefined, time).open()
    const waiting = run.read(1000)
    put(stream, '1')
    await waiting
    const [lower, upper] = stream.split(stream.shards[0]!)
    put(stream, '2', upper!)
    await run.read(1000)
    put(stream, '3', lower!)
    await run.read(1000)
    expect(texts(run)).toEqual(['1', '2', '3'])
    expect(run.done).toBe(false)
    await run.close()
  })

  test('latest begins with what comes after the start, also when the first start saw no record of a shard', async () => {
    const time = clock()
    const stream = new SimulatedStream(time, 2)
    const from: StartPosition = { type: 'LATEST' }
    put(stream, 'old', stream.shards[0])
    put(stream, 'old', stream.shards[1])
    await time.advance(1000)
    const run = await new SourceRun(sourceOf(stream, { from }), undefined, time).open()
    const waiting = run.read(1000)
    await time.advance(0)
    put(stream, 'first', stream.shards[0])
    await waiting
    await run.close()
    put(stream, 'second', stream.shards[1])
    const next = await new SourceRun(sourceOf(stream, { from }), run.position, time).open()
    await next.read(1000)
    expect([...texts(run), ...texts(next)]).toEqual(['first', 'second'])
    await next.close()
  })

  test('a time begins with the first record that arrived then', async () => {
    const time = clock()
    const stream = new SimulatedStream(time, 1)
    for (const one of ['0', '1', '2']) {
      put(stream, one)
      await time.advance(1000)
    }
    const from: StartPosition = { type: 'AT_TIMESTAMP', timeMs: CONTRACT_START + 1000 }
    const run = await new SourceRun(sourceOf(stream, { from }), undefined, time).open()
    await run.read(1000)
    expect(texts(run)).toEqual(['1', '2'])
    await run.close()
  })

  test('aggregates stay whole when they are not to be taken apart', async () => {
    const { stream } = closedStream()
    const run = await new SourceRun(sourceOf(stream, { deaggregate: false }), undefined).open()
    await run.readToEnd()
    expect(run.taken).toBe(3 * 2 * 4 * 2)
    await run.close()
  })

  test('a shard that expired between two starts is passed over', async () => {
    const time = clock()
    const stream = new SimulatedStream(time, 1)
    put(stream, '1')
    const run = await new SourceRun(sourceOf(stream), undefined, time).open()
    await run.read(1000)
    await run.close()
    put(stream, 'lost')
    const [lower] = stream.split(stream.shards[0]!)
    put(stream, '2', lower!)
    stream.shards[0]!.isExpired = true
    const next = await new SourceRun(sourceOf(stream), run.position, time).open()
    await next.read(1000)
    expect(texts(next)).toEqual(['2'])
    await next.close()
  })

  test('a record that no stream can hold is dead, with its place', async () => {
    const time = clock()
    const stream = new SimulatedStream(time, 1)
    stream.put(stream.shards[0]!, 'k'.repeat(2000), Buffer.from('data'))
    put(stream, 'good')
    const run = await new SourceRun(sourceOf(stream), undefined, time).open()
    await run.read(1000)
    expect(run.dead).toMatchObject([
      { code: 'RECORD_TOO_LARGE', place: 'simulated/shardId-000000000000/1/0' },
    ])
    expect(texts(run)).toEqual(['good'])
    await run.close()
  })

  test('a position of another stream or another source is refused', async () => {
    const stream = new SimulatedStream(clock(), 1)
    for (const position of [{ stream: 'other', shards: {} }, { offset: 7 }, 'x', null]) {
      await expect(new SourceRun(sourceOf(stream), position).open()).rejects.toThrow(/^SOURCE_POSITION /)
    }
  })

  test('options that cannot be are refused where the source is made', () => {
    expect(() => kinesis({ region: 'x' })).toThrow(/^KINESIS_OPTION /)
    // A value from outside, which the compiler has not seen.
    expect(() => kinesis({ stream: 's', region: 'x', from: 'now' as 'latest' })).toThrow(
      /^KINESIS_OPTION .*"now"/,
    )
  })
})
