import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AdminEvent } from '@millrace/gateway'
import { compileRecordFilter, type RecordFilter } from '@millrace/runtime'
import { openStore, type Store } from '@millrace/store'
import { type Clock, seededRandom, VirtualClock } from '@millrace/values'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { TailMessage } from '../../protocol/streams.ts'
import { readPositionToken } from './position-token.ts'
import { tailLimits, tailStream } from './stream-tail.ts'

let dir = ''
let clock: VirtualClock
let store: Store
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-tail-'))
  clock = new VirtualClock(1_763_700_000_000)
  store = await openStore({ dir, clock })
  store.defineStream({ name: 's', shards: 4, retentionMs: 3_600_000 })
})
afterEach(async () => {
  await store.close()
  rmSync(dir, { recursive: true })
})

function put(count: number, from = 0): void {
  store.commit((transaction) =>
    transaction.append(
      's',
      Array.from({ length: count }, (_, i) => ({
        key: Buffer.from(`k${from + i}`),
        data: Buffer.from(JSON.stringify({ n: from + i, even: (from + i) % 2 === 0 })),
      })),
    ),
  )
}

/** A tail whose messages are taken as they come, each with its time. */
function follow(filter?: RecordFilter, lastId?: string) {
  const leaving = new AbortController()
  const info = store.stream('s')!
  const positions =
    lastId === undefined ? info.shardInfos.map(({ next }) => next) : (readPositionToken(info, lastId) ?? [])
  const events: { readonly at: number; readonly event: AdminEvent; readonly size: number }[] = []
  const stream = tailStream({
    store,
    clock,
    random: seededRandom(3),
    stream: 's',
    positions,
    filter,
    signal: leaving.signal,
  })
  const ended = (async () => {
    for await (const event of stream)
      events.push({ at: clock.now(), event, size: JSON.stringify(event.data ?? '').length })
  })()
  return {
    events,
    ended,
    get messages() {
      return events.flatMap(({ event }) => (event.data === undefined ? [] : [event.data as TailMessage]))
    },
    get lastId() {
      return events.findLast(({ event }) => event.id !== undefined)?.event.id
    },
    async leave() {
      leaving.abort()
      await ended
    },
  }
}

function totals(messages: readonly TailMessage[]) {
  const sum = (name: 'lookedAt' | 'matched' | 'notShown' | 'skipped' | 'lost') =>
    messages.reduce((total, message) => total + message[name], 0)
  return {
    lookedAt: sum('lookedAt'),
    matched: sum('matched'),
    notShown: sum('notShown'),
    skipped: sum('skipped'),
    lost: sum('lost'),
    shown: messages.reduce((total, { records }) => total + records.length, 0),
  }
}

it('tells what comes in the order of commits, decoded, and nothing while nothing comes', async () => {
  put(3)
  const tail = follow()
  await clock.advance(1_000)
  expect(tail.events).toEqual([])
  put(2, 100)
  await clock.advance(200)
  put(1, 200)
  await clock.advance(200)
  expect(tail.messages.flatMap(({ records }) => records.map(({ payload }) => payload))).toEqual(
    expect.arrayContaining(
      [100, 101, 200].map((n) => ({ kind: 'json', text: `{"n":${n},"even":${n % 2 === 0}}` })),
    ),
  )
  expect(totals(tail.messages)).toEqual({
    lookedAt: 3,
    matched: 3,
    notShown: 0,
    skipped: 0,
    lost: 0,
    shown: 3,
  })
  await clock.advance(16_000)
  expect(tail.events.at(-1)?.event).toEqual({})
  await tail.leave()
})

it('a burst of 100,000 records: few bounded messages, and counts that add up', async () => {
  const tail = follow(compileRecordFilter({ where: '$.even = true' }))
  await clock.advance(100)
  for (let i = 0; i < 20; i++) put(5_000, i * 5_000)
  const begun = clock.now()
  await clock.advance(3_000)
  expect(totals(tail.messages)).toMatchObject({ lookedAt: 100_000, matched: 50_000, skipped: 0, lost: 0 })
  const { matched, shown, notShown } = totals(tail.messages)
  expect(shown + notShown).toBe(matched)
  for (const { records } of tail.messages) {
    expect(records.length).toBeLessThanOrEqual(tailLimits.records)
    for (const { payload } of records)
      expect(payload).toMatchObject({ text: expect.stringContaining('"even":true') })
  }
  expect(Math.max(...tail.events.map(({ size }) => size))).toBeLessThan(100_000)
  const times = tail.events.map(({ at }) => at - begun)
  for (const [i, at] of times.entries())
    if (i > 0) expect(at - times[i - 1]!).toBeGreaterThanOrEqual(tailLimits.everyMs)
  await tail.leave()
})

it('more than can be looked at is skipped and counted; the newest records are looked at', async () => {
  const tail = follow()
  await clock.advance(100)
  for (let i = 0; i < 30; i++) put(5_000, i * 5_000)
  await clock.advance(2_000)
  const { lookedAt, skipped } = totals(tail.messages)
  expect(lookedAt + skipped).toBe(150_000)
  expect(skipped).toBeGreaterThan(100_000)
  put(1, 999_999)
  await clock.advance(200)
  expect(tail.messages.at(-1)?.records).toMatchObject([{ partitionKey: 'k999999' }])
  await tail.leave()
})

it('each record that matches is shown as probably as any other', async () => {
  const shown: number[] = []
  for (let turn = 0; turn < 20; turn++) {
    const tail = follow()
    await clock.advance(100)
    put(500)
    await clock.advance(200)
    expect(tail.messages).toHaveLength(1)
    for (const { partitionKey } of tail.messages[0]?.records ?? []) shown.push(Number(partitionKey.slice(1)))
    await tail.leave()
  }
  expect(shown).toHaveLength(20 * tailLimits.records)
  const firstHalf = shown.filter((n) => n < 250).length / shown.length
  expect(firstHalf).toBeGreaterThan(0.4)
  expect(firstHalf).toBeLessThan(0.6)
})

it('who comes back goes on where it was, also over shards that were opened since', async () => {
  const before = follow()
  await clock.advance(100)
  put(10)
  await clock.advance(200)
  await before.leave()
  put(10, 10)
  const [shard] = store.stream('s')!.shardInfos
  const middle = (shard!.range.start + shard!.range.end) / 2n
  store.reshard('s', {
    close: [0],
    open: [
      { range: { start: shard!.range.start, end: middle }, parents: [0] },
      { range: { start: middle + 1n, end: shard!.range.end }, parents: [0] },
    ],
  })
  put(20, 20)
  const after = follow(undefined, before.lastId)
  await clock.advance(200)
  const keys = after.messages.flatMap(({ records }) =>
    records.map(({ partitionKey }) => Number(partitionKey.slice(1))),
  )
  expect(keys.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => 10 + i))
  put(5, 40)
  await clock.advance(200)
  expect(totals(after.messages).lookedAt).toBe(35)
  await after.leave()
})

it('records that retention takes away before they are read are counted as lost', async () => {
  const tail = follow()
  await clock.advance(100)
  put(8)
  store.enforceRetention(clock.now() + 2 * 3_600_000)
  put(1, 8)
  await clock.advance(200)
  expect(totals(tail.messages)).toMatchObject({ lookedAt: 1, lost: 8, skipped: 0 })
  await tail.leave()
})

it('ends with the stream', async () => {
  const tail = follow()
  await clock.advance(100)
  put(1)
  store.deleteStream('s')
  await clock.advance(200)
  await tail.leave()
  expect(tail.messages.length).toBeLessThanOrEqual(1)
})

it('lets others work between records that are slow to look at', async () => {
  const positions = store.stream('s')!.shardInfos.map(({ next }) => next)
  put(3_000)
  const leaving = new AbortController()
  let now = 0
  let turns = 0
  // A record takes a millisecond, since it is looked at the clock after each.
  const slow: Clock = {
    ...clock,
    now: () => now++,
    sleep: async () => {
      turns++
    },
  }
  const options = { store, random: seededRandom(3), stream: 's', positions, signal: leaving.signal }
  for await (const { data } of tailStream({ ...options, clock: slow, filter: undefined })) {
    // Sound: a tail tells nothing else.
    const { lookedAt, matched } = data as TailMessage
    expect([lookedAt, matched]).toEqual([1_000, 1_000])
    expect(turns).toBeGreaterThan(30)
    break
  }
})

it('ends when its stream is made anew, whose records are not those of the one it was asked for', async () => {
  put(100)
  const tail = follow()
  await clock.advance(200)
  store.deleteStream('s')
  store.defineStream({ name: 's', shards: 4, retentionMs: 3_600_000 })
  put(3)
  await clock.advance(1_000)
  expect(tail.messages).toEqual([])
  await expect(tail.ended).resolves.toBeUndefined()
})
