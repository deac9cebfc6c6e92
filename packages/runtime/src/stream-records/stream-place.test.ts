import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store } from '@millrace/store'
import { formatSequenceNumber, seededRandom, startingSequenceNumber, VirtualClock } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MergedInput } from '../merged-input.ts'
import { parseStreamPlace, positionsAt, type StreamPlace } from './stream-place.ts'

const now = Date.parse('2026-11-21T10:00:00Z')

describe('places as people write them', () => {
  it.each<[string, StreamPlace]>([
    ['earliest', { kind: 'earliest' }],
    ['trim-horizon', { kind: 'earliest' }],
    [' latest ', { kind: 'latest' }],
    ['latest - 20', { kind: 'newest', records: 20 }],
    ['latest-1', { kind: 'newest', records: 1 }],
    ['5 minutes ago', { kind: 'time', timeMs: now - 300_000 }],
    ['30s ago', { kind: 'time', timeMs: now - 30_000 }],
    ['2 h ago', { kind: 'time', timeMs: now - 7_200_000 }],
    ['1 day ago', { kind: 'time', timeMs: now - 86_400_000 }],
    ['2026-11-21T09:00:00Z', { kind: 'time', timeMs: now - 3_600_000 }],
    [String(now), { kind: 'time', timeMs: now }],
    ['1'.repeat(56), { kind: 'number', text: '1'.repeat(56) }],
  ])('%s', (text, place) => expect(parseStreamPlace(text, now)).toEqual(place))

  it.each(['', 'foo', 'latest - 0', 'latest - 10001', 'latest + 1', '17', '5 parsecs ago', '1'.repeat(30)])(
    '%j is none',
    (text) => expect(() => parseStreamPlace(text, now)).toThrow(/^STREAM_PLACE_INVALID /),
  )
})

describe('positions in a stream of random commits with a split in the middle', () => {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-place-'))
  let store: Store
  /** All records in the order of their commits. */
  const order: { shard: number; sequence: number; time: number }[] = []
  const info = () => store.stream('s')!

  beforeAll(async () => {
    const clock = new VirtualClock(now)
    const random = seededRandom(7)
    store = await openStore({ dir, clock })
    store.defineStream({ name: 's', shards: 3, retentionMs: 86_400_000 })
    for (let commit = 0; commit < 120; commit++) {
      // Several commits in one millisecond, too.
      if (random.below(3) > 0) await clock.advance(random.below(40))
      if (commit === 60) {
        const { range } = info().shardInfos[1]!
        const middle = (range.start + range.end) / 2n
        const ranges = [
          { start: range.start, end: middle },
          { start: middle + 1n, end: range.end },
        ]
        store.reshard('s', { close: [1], open: ranges.map((each) => ({ range: each, parents: [1] })) })
      }
      store.commit((transaction) => {
        const records = Array.from({ length: 1 + random.below(5) }, () => ({
          key: Buffer.from(`k${random.below(50)}`),
          data: Buffer.from('x'),
        }))
        const places = transaction.append('s', records)
        const sorted = places.toSorted((a, b) => a.shard - b.shard || a.sequence - b.sequence)
        order.push(...sorted.map((place) => ({ ...place, time: transaction.time })))
      })
    }
  })
  afterAll(async () => {
    await store.close()
    rmSync(dir, { recursive: true })
  })

  /** What a reader gets from there on. */
  const readFrom = (place: StreamPlace) => {
    const input = new MergedInput(store, [{ stream: 's', positions: positionsAt(store, info(), place) }])
    return input.take(100_000, 100_000_000).pieces.flatMap((piece) => {
      if (piece.kind === 'stretch') throw new Error(piece.reason)
      const { batch, from, to } = piece
      return Array.from({ length: to - from }, (_, i) => ({
        shard: batch.shard,
        sequence: batch.firstSequence + from + i,
        time: batch.arrivalTime,
      }))
    })
  }

  it('earliest is all, latest is nothing', () => {
    expect(readFrom({ kind: 'earliest' })).toEqual(order)
    expect(readFrom({ kind: 'latest' })).toEqual([])
  })

  it('latest - n is the last n in the order of commits, whatever n', () => {
    for (const records of [1, 2, 7, 50, order.length - 1, order.length, order.length + 100])
      expect(readFrom({ kind: 'newest', records })).toEqual(order.slice(-records))
  })

  it('latest - n reads little more than it answers, however many shards there are', () => {
    let read = 0
    const counting = new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (name !== 'read') return typeof value === 'function' ? value.bind(target) : value
        return (...asked: Parameters<Store['read']>) => {
          const found = target.read(...asked)
          for (const batch of found.batches) if (!('reason' in batch)) read += batch.count
          return found
        }
      },
    })
    positionsAt(counting, info(), { kind: 'newest', records: 100 })
    // The four shards' last batches, and those of one millisecond.
    expect(read).toBeLessThan(60)
  })

  it('a time is all that arrived then or later', () => {
    const times = [...new Set(order.map(({ time }) => time))].filter((_, i) => i % 5 === 0)
    for (const time of times)
      for (const timeMs of [time - 0.5, time, time + 0.5])
        expect(readFrom({ kind: 'time', timeMs })).toEqual(order.filter((each) => each.time >= timeMs))
  })

  it('a sequence number is its record and all that was committed after it', () => {
    for (const [i, { shard, sequence, time }] of order.entries()) {
      const text = formatSequenceNumber(info(), shard, sequence, time)
      expect(readFrom({ kind: 'number', text })).toEqual(order.slice(i))
    }
  })

  it('a number that is of no record, of another stream or in the future', () => {
    const start = startingSequenceNumber(info(), 0)
    expect(readFrom({ kind: 'number', text: start })[0]).toEqual(order.find(({ shard }) => shard === 0))
    const { next } = info().shardInfos[0]!
    const future = formatSequenceNumber(info(), 0, next, now)
    expect(() => readFrom({ kind: 'number', text: future })).toThrow('behind the newest record')
    expect(() => readFrom({ kind: 'number', text: '1'.repeat(56) })).toThrow('no number of this stream')
  })
})
