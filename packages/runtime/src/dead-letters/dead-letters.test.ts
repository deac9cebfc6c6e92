import { type CommitPoint, openStore, type RecordBatch, type Store } from '@millrace/store'
import { seededRandom, VirtualClock } from '@millrace/values'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { errorReport, putDeadRecord, putDeadStretch, recordId } from '../dead-letter.ts'
import { emptyLedger } from '../ledger.ts'
import { writeStageRecord } from '../stage-record.ts'
import { BatchRecord } from '../stream-record.ts'
import { deadLetterTable, letterCountsTable, redriveStreamName } from '../system-names.ts'
import { startMs, tempDir } from '../testing/app-kit.ts'
import { DeadLetters } from './dead-letters.ts'
import { defineLetterTables, noLetters } from './letter-counts.ts'
import { type LetterHistory, redriven } from './redrive-record.ts'

let temp: ReturnType<typeof tempDir>
let store: Store
let letters: DeadLetters
let clock: VirtualClock
let probe: (point: CommitPoint) => void

beforeEach(async () => {
  temp = tempDir()
  clock = new VirtualClock(startMs)
  probe = () => {}
  await open()
})
afterEach(async () => {
  await store.close()
  temp.remove()
})

async function open(): Promise<void> {
  store = await openStore({ dir: temp.dir, clock, probe: (point) => probe(point) })
  defineLetterTables(store)
  letters = new DeadLetters(store)
}

interface Died {
  readonly sequence: number
  readonly key: string
  readonly shard?: number
  readonly code?: string
  readonly message?: string
  readonly data?: Uint8Array
  readonly attempts?: number
  readonly history?: LetterHistory
}

function die(stage: string, ...records: readonly Died[]): void {
  store.commit((transaction) => {
    for (const died of records) {
      const { sequence, key, shard = 0, code = 'BOOM', message = `record ${sequence} is bad` } = died
      putDeadRecord(transaction, {
        stage,
        codeVersion: 'abc',
        id: recordId('in', shard, sequence),
        data: died.data ?? Buffer.from(JSON.stringify({ sequence })),
        error: errorReport(Object.assign(new Error(message), { code })),
        attempts: died.attempts ?? 3,
        firstTime: clock.now() - 1_000,
        lastTime: clock.now(),
        origin: { stream: 'in', shard, sequence, partitionKey: key, arrivalTime: 17 },
        history: died.history,
      })
    }
  })
}

/** As if the stage had run: letters of other stages cannot go back. */
function hasRun(stage: string, kind: 'function' | 'query' = 'function'): void {
  const record = { kind, ledger: emptyLedger, shards: [], matched: [] }
  store.commit((transaction) => transaction.setStage(stage, writeStageRecord(record)))
}

/** What the stage finds in its redrive stream, decoded. */
function sentBack(stage: string) {
  const name = redriveStreamName(stage)
  if (store.stream(name) === undefined) return []
  const found: { record: BatchRecord; history: LetterHistory }[] = []
  const { next } = store.shard(name, 0)
  const { batches } = store.read(name, 0, 0, { maxRecords: 1e6, maxBytes: 1e9 })
  // Nothing is damaged here.
  for (const batch of batches as RecordBatch[])
    for (let i = 0; i < batch.count; i++) found.push(redriven(new BatchRecord(batch, i))!)
  expect(found).toHaveLength(next)
  return found
}

const sequences = (stage: string) => sentBack(stage).map(({ record }) => record.sequence)
const ids = async (filter = {}) => (await letters.list(filter, { limit: 1_000 })).letters.map(({ id }) => id)
const codeOf = async (work: () => unknown) => {
  try {
    await work()
    return undefined
  } catch (error) {
    return (error as { code?: string }).code
  }
}

describe('finding', () => {
  test('pages in the order of places, by stage, code and key; numbers sort as numbers', async () => {
    die('b', { sequence: 9, key: 'x' }, { sequence: 10, key: 'y', code: 'LATE' })
    die('a', { sequence: 3, key: 'y', shard: 12 }, { sequence: 100, key: 'x', shard: 2 })
    expect(await ids()).toEqual([
      recordId('in', 2, 100),
      recordId('in', 12, 3),
      recordId('in', 0, 9),
      recordId('in', 0, 10),
    ])
    expect(await ids({ stage: 'b', key: 'y' })).toEqual([recordId('in', 0, 10)])
    expect(await ids({ code: 'LATE' })).toEqual([recordId('in', 0, 10)])
    expect(await ids({ stage: 'c' })).toEqual([])
    const first = await letters.list({}, { limit: 3 })
    expect(first.next).toEqual({ stage: 'b', id: recordId('in', 0, 9) })
    const second = await letters.list({}, { limit: 3, after: first.next! })
    expect(second.letters.map(({ id }) => id)).toEqual([recordId('in', 0, 10)])
    expect(second.next).toBeUndefined()
  })

  test('a cause is a code and a message without its figures and quoted text', async () => {
    die(
      'a',
      { sequence: 1, key: 'x', message: 'item 17 of "o-1" has no price 3.50' },
      { sequence: 2, key: 'x', message: 'item 3 of "o-2" has no price 9' },
      { sequence: 3, key: 'x', message: 'item 3 of "o-2" has no name' },
      { sequence: 4, key: 'x', message: 'item 4 of "o-2" has no price 9', code: 'OTHER' },
    )
    const causes = await letters.causes({ stage: 'a' })
    expect(causes.map(({ code, letters: count, id }) => [code, count, id])).toEqual([
      ['BOOM', 2, recordId('in', 0, 1)],
      ['BOOM', 1, recordId('in', 0, 3)],
      ['OTHER', 1, recordId('in', 0, 4)],
    ])
    expect(causes[0]!.message).toBe('item 17 of "o-1" has no price 3.50')
    for (const { cause, letters: count } of causes) expect(await ids({ cause })).toHaveLength(count)
    expect(await ids({ cause: causes[0]!.cause })).toEqual([recordId('in', 0, 1), recordId('in', 0, 2)])
    expect(causes[0]!.place).toMatch(/dead-letters\.test\.ts:\d+$/)
  })

  test('a text is looked for in message, payload, key and id, in whatever case', async () => {
    die(
      'a',
      { sequence: 1, key: 'Anna', message: 'no PRICE' },
      { sequence: 2, key: 'x', data: Buffer.from('"anna"') },
    )
    die('a', { sequence: 33, key: 'y' })
    expect(await ids({ text: 'ANNA' })).toEqual([recordId('in', 0, 1), recordId('in', 0, 2)])
    expect(await ids({ text: 'price' })).toEqual([recordId('in', 0, 1)])
    expect(await ids({ text: '0033' })).toEqual([recordId('in', 0, 33)])
    expect(await ids({ text: 'nobody' })).toEqual([])
  })

  test('a letter holds payload, error with stack, attempts, stage, code version, times and place', () => {
    die('a', { sequence: 1, key: 'x', data: Buffer.from([0xff, 0]) })
    const letter = letters.show('in/0/1')
    expect(letter).toMatchObject({
      stage: 'a',
      id: recordId('in', 0, 1),
      error: { code: 'BOOM', name: 'Error', message: 'record 1 is bad' },
      attempts: 3,
      codeVersion: 'abc',
      firstTime: new Date(startMs - 1_000).toISOString(),
      lastTime: new Date(startMs).toISOString(),
      stream: 'in',
      shard: 0,
      sequence: 1,
      partitionKey: 'x',
      arrivalTime: 17,
      data: Buffer.from([0xff, 0]).toString('base64'),
    })
    expect(letter.error.stack).toMatch(/record 1 is bad\n.* at /)
    expect(letter.text).toBeUndefined()
  })

  test('a place that several stages share is named with its stage; one that nobody has is refused', async () => {
    die('a', { sequence: 1, key: 'x' })
    die('b', { sequence: 1, key: 'x' })
    expect(await codeOf(() => letters.show('in/0/1'))).toBe('DEAD_LETTER_AMBIGUOUS')
    expect(letters.show('in/0/1', 'b').stage).toBe('b')
    expect(await codeOf(() => letters.show('in/0/2'))).toBe('DEAD_LETTER_UNKNOWN')
  })

  test('a directory without any tables answers that there are none', async () => {
    const empty = tempDir()
    const other = await openStore({ dir: empty.dir, clock })
    try {
      const none = new DeadLetters(other)
      expect(none.counts()).toEqual([])
      expect(await none.list({}, { limit: 5 })).toEqual({ letters: [], next: undefined })
      expect(await none.causes({})).toEqual([])
      expect(await codeOf(() => none.show('in/0/1', 'a'))).toBe('DEAD_LETTER_UNKNOWN')
      expect(await none.drop({})).toEqual({ dropped: 0, records: 0 })
    } finally {
      await other.close()
      empty.remove()
    }
  })
})

describe('editing', () => {
  test('the payload is replaced, the first one stays in the letter, also over several edits', () => {
    die('a', { sequence: 1, key: 'x' })
    letters.edit({ stage: 'a', id: 'in/0/1' }, { data: Buffer.from('{"sequence":2}') })
    const again = letters.edit({ stage: 'a', id: 'in/0/1' }, { data: Buffer.from('{"sequence":3}') })
    expect(again).toMatchObject({ text: '{"sequence":3}', partitionKey: 'x', attempts: 3 })
    expect(Buffer.from(again.original!.data, 'base64').toString()).toBe('{"sequence":1}')
    expect(letters.show('in/0/1')).toEqual(again)
  })

  test('JSON stays JSON; what was none may become anything', async () => {
    die('a', { sequence: 1, key: 'x' }, { sequence: 2, key: 'x', data: Buffer.from('not json') })
    expect(await codeOf(() => letters.edit({ stage: 'a', id: 'in/0/1' }, { data: Buffer.from('{') }))).toBe(
      'DEAD_LETTER_NOT_JSON',
    )
    expect(letters.show('in/0/1').original).toBeUndefined()
    const edited = letters.edit({ stage: 'a', id: 'in/0/2' }, { data: Buffer.from([0xff]) })
    expect(edited.text).toBeUndefined()
    expect(edited.data).toBe('/w==')
  })

  test('a letter that has died again, has gone, has no payload or would be too large is not edited', async () => {
    die('a', { sequence: 1, key: 'x' })
    store.commit((transaction) => putDeadStretch(transaction, 'a', stretch(5, 8), clock.now()))
    const edit = (id: string, data: Uint8Array, lastTime?: string) =>
      codeOf(() => letters.edit({ stage: 'a', id }, lastTime === undefined ? { data } : { data, lastTime }))
    const seen = letters.show('in/0/1').lastTime
    expect(await edit('in/0/1', Buffer.from('1'), new Date(0).toISOString())).toBe('DEAD_LETTER_CHANGED')
    expect(await edit('in/0/2', Buffer.from('1'))).toBe('DEAD_LETTER_UNKNOWN')
    expect(await edit('in/0/5', Buffer.from('1'))).toBe('DEAD_LETTER_DATA')
    expect(await edit('in/0/1', new Uint8Array(10 * 1024 * 1024 + 1))).toBe('DEAD_LETTER_DATA')
    expect(await edit('in/0/1', Buffer.from('1'), seen)).toBeUndefined()
  })
})

describe('redriving', () => {
  test('letters go back in order, whole, once; the table and the counts follow', async () => {
    hasRun('a')
    die('a', { sequence: 2, key: 'x' }, { sequence: 1, key: 'y' }, { sequence: 3, key: 'x' })
    expect(await letters.redrive({ stage: 'a' })).toMatchObject({ redriven: 3, unreadable: 0 })
    expect(sequences('a')).toEqual([1, 2, 3])
    const [first] = sentBack('a')
    expect(first!.record).toMatchObject({ stream: 'in', shard: 0, partitionKey: 'y', arrivalTimeMs: 17 })
    expect(first!.record.text()).toBe('{"sequence":1}')
    expect(first!.history).toMatchObject({
      attempts: 3,
      redrives: 1,
      firstTime: new Date(startMs - 1_000).toISOString(),
      failures: [{ code: 'BOOM', message: 'record 1 is bad', attempts: 3, codeVersion: 'abc' }],
    })
    expect(await ids()).toEqual([])
    expect(letters.counts()).toEqual([{ stage: 'a', letters: 0, records: 0, redriven: 3, dropped: 0 }])
    expect(await letters.redrive({ stage: 'a' })).toMatchObject({ redriven: 0, unreadable: 0 })
    expect(await letters.redrive({ id: 'in/0/1', stage: 'a' })).toMatchObject({ redriven: 0, unreadable: 0 })
    expect(sequences('a')).toHaveLength(3)
  })

  test('one that dies again adds to its history, and keeps the payload from before its edit', async () => {
    hasRun('a')
    die('a', { sequence: 1, key: 'x' })
    letters.edit({ stage: 'a', id: 'in/0/1' }, { data: Buffer.from('{"fixed":true}') })
    await letters.redrive({})
    const { record, history } = sentBack('a')[0]!
    die('a', { sequence: 1, key: 'x', data: record.data, attempts: 4, code: 'WORSE', history })
    const letter = letters.show('in/0/1')
    expect(letter).toMatchObject({
      attempts: 7,
      redrives: 1,
      firstTime: new Date(startMs - 1_000).toISOString(),
      text: '{"fixed":true}',
      failures: [{ code: 'BOOM', attempts: 3 }],
    })
    expect(Buffer.from(letter.original!.data, 'base64').toString()).toBe('{"sequence":1}')
    await letters.redrive({})
    expect(sentBack('a')[1]!.history).toMatchObject({
      attempts: 7,
      redrives: 2,
      failures: [{ code: 'BOOM' }, { code: 'WORSE' }],
    })
    expect(letters.counts()[0]).toMatchObject({ letters: 0, redriven: 2 })
  })

  test('is refused while an older letter of the key stays, unless the order does not matter', async () => {
    hasRun('a')
    die(
      'a',
      { sequence: 1, key: 'x' },
      { sequence: 2, key: 'y', code: 'LATE' },
      { sequence: 3, key: 'x', code: 'LATE' },
    )
    expect(await codeOf(() => letters.redrive({ code: 'LATE' }))).toBe('DEAD_LETTER_ORDER')
    expect(await codeOf(() => letters.redrive({ id: 'in/0/3' }))).toBe('DEAD_LETTER_ORDER')
    expect(sequences('a')).toEqual([])
    expect(await ids()).toHaveLength(3)
    expect(await letters.redrive({ id: 'in/0/2' })).toMatchObject({ redriven: 1, unreadable: 0 })
    expect(await letters.redrive({ id: 'in/0/3' }, { outOfOrder: true })).toMatchObject({ redriven: 1 })
    expect(await letters.redrive({ key: 'x' })).toMatchObject({ redriven: 1 })
    expect(sequences('a')).toEqual([2, 3, 1])
  })

  test('several that are named are one redrive: they go in their order, or none of them goes', async () => {
    hasRun('a')
    die('a', ...[1, 2, 3].map((sequence) => ({ sequence, key: 'x' })))
    expect(await codeOf(() => letters.redrive({ ids: ['in/0/1', 'in/0/3'] }))).toBe('DEAD_LETTER_ORDER')
    expect(await ids()).toHaveLength(3)
    expect(await letters.redrive({ ids: ['in/0/2', 'in/0/1', 'in/0/9'] })).toMatchObject({ redriven: 2 })
    expect(sequences('a')).toEqual([1, 2])
    expect(await letters.drop({ ids: ['in/0/1', 'in/0/3'] })).toMatchObject({ dropped: 1 })
  })

  test('goes back to functions only; stretches stay; a limit takes the oldest', async () => {
    hasRun('q', 'query')
    hasRun('a')
    store.commit((transaction) => {
      putDeadStretch(transaction, 'q', stretch(0, 4), clock.now())
      putDeadStretch(transaction, 'a', stretch(0, 7), clock.now())
    })
    die('a', { sequence: 8, key: 'x' }, { sequence: 9, key: 'x' })
    expect(await codeOf(() => letters.redrive({ stage: 'q' }))).toBe('DEAD_LETTER_STAGE')
    expect(await codeOf(() => letters.redrive({ stage: 'nobody' }))).toBe('DEAD_LETTER_STAGE')
    expect(await letters.redrive({ stage: 'a' }, { limit: 1 })).toMatchObject({ redriven: 1, unreadable: 1 })
    expect(sequences('a')).toEqual([8])
    expect(letters.counts()).toEqual([
      { stage: 'a', letters: 2, records: 8, redriven: 1, dropped: 0 },
      { stage: 'q', letters: 1, records: 4, redriven: 0, dropped: 0 },
    ])
  })

  test('takes the largest record there is, with the longest history', async () => {
    hasRun('a')
    const history: LetterHistory = {
      attempts: 1,
      firstTime: new Date(startMs).toISOString(),
      redrives: 99,
      failures: Array.from({ length: 10 }, () => ({
        code: '\u0001'.repeat(128),
        message: '\u0001'.repeat(500),
        codeVersion: 'abc',
        attempts: 1,
        lastTime: '',
        redrivenTime: '',
      })),
      original: { data: Buffer.alloc(10 * 1024 * 1024).toString('base64'), editedTime: '' },
    }
    const data = Buffer.alloc(10 * 1024 * 1024, 7)
    die('a', { sequence: 1, key: 'k'.repeat(256), data, history, message: '\u0001'.repeat(100_000) })
    expect(await letters.redrive({})).toMatchObject({ redriven: 1, unreadable: 0 })
    const { record, history: carried } = sentBack('a')[0]!
    expect(Buffer.compare(record.data, data)).toBe(0)
    expect(carried.redrives).toBe(100)
    expect(carried.failures).toHaveLength(10)
    expect(carried.original).toBeUndefined()
  })
})

test('dropping counts what went, in records', async () => {
  die('a', { sequence: 9, key: 'x' }, { sequence: 10, key: 'y' })
  store.commit((transaction) => putDeadStretch(transaction, 'a', stretch(0, 7), clock.now()))
  expect(await letters.drop({ key: 'y' })).toEqual({ dropped: 1, records: 1 })
  expect(await letters.drop({ stage: 'a' }, 1)).toEqual({ dropped: 1, records: 7 })
  expect(await letters.drop({ stage: 'nobody' })).toEqual({ dropped: 0, records: 0 })
  expect(letters.counts()).toEqual([{ stage: 'a', letters: 1, records: 1, redriven: 0, dropped: 8 }])
})

test('letters of a directory that is older than the counts are counted once', async () => {
  await store.close()
  const older = tempDir()
  store = await openStore({ dir: older.dir, clock })
  store.defineTable(deadLetterTable)
  store.commit((transaction) => {
    for (const [id, more] of [
      ['in/1', {}],
      ['in/2', { records: 5 }],
    ] as const)
      transaction.putItem(
        deadLetterTable.name,
        'a',
        id,
        Buffer.from(JSON.stringify({ stage: 'a', id, error: { code: 'X' }, ...more })),
      )
  })
  defineLetterTables(store)
  defineLetterTables(store)
  expect(new DeadLetters(store).counts()).toEqual([
    { stage: 'a', letters: 2, records: 6, redriven: 0, dropped: 0 },
  ])
  older.remove()
})

/** Stops the "process" at a random point of a random commit; what was not committed is gone, the rest is there. */
test.each([1, 2, 3, 4, 5, 6])(
  'random deaths, edits, drops and redrives with stops answer like a model (seed %i)',
  async (seed) => {
    const random = seededRandom(`dead letters ${seed}`)
    const pick = (n: number) => Math.floor(random.next() * n)
    const keys = ['x', 'y', 'z']
    const codes = ['A', 'B']
    hasRun('a')
    // Model: what every record that ever died is doing; sequences are places and times at once.
    const dead = new Map<number, { key: string; code: string; data: string }>()
    const back: string[] = []
    let dropped = 0
    let next = 0
    for (let step = 0; step < 120; step++) {
      const place = `seed ${seed} step ${step}`
      const act = pick(10)
      if (act < 5) {
        const records = Array.from({ length: 1 + pick(4) }, () => ({
          sequence: next++,
          key: keys[pick(3)]!,
          code: codes[pick(2)]!,
        }))
        die('a', ...records)
        for (const { sequence, key, code } of records)
          dead.set(sequence, { key, code, data: JSON.stringify({ sequence }) })
        continue
      }
      const filter = {
        stage: 'a',
        ...(pick(2) === 0 ? { key: keys[pick(3)]! } : {}),
        ...(pick(2) === 0 ? { code: codes[pick(2)]! } : {}),
      }
      const fits = [...dead].filter(
        ([, { key, code }]) =>
          (filter.key === undefined || key === filter.key) &&
          (filter.code === undefined || code === filter.code),
      )
      if (act < 7) {
        const limit = 1 + pick(5)
        expect(await letters.drop(filter, limit), place).toMatchObject({
          dropped: Math.min(limit, fits.length),
        })
        for (const [sequence] of fits.slice(0, limit)) dead.delete(sequence)
        dropped += Math.min(limit, fits.length)
      } else if (act === 7 && fits.length > 0) {
        const [sequence, letter] = fits[pick(fits.length)]!
        const data = `{"step":${step}}`
        letters.edit({ stage: 'a', id: recordId('in', 0, sequence) }, { data: Buffer.from(data) })
        dead.set(sequence, { ...letter, data })
      } else {
        const outOfOrder = pick(2) === 0
        const chosen = new Set(fits.map(([sequence]) => sequence))
        const overtakes = fits.some(([sequence, { key }]) =>
          [...dead].some(([other, letter]) => other < sequence && letter.key === key && !chosen.has(other)),
        )
        // A stop before the commit leaves all as it was; one after it has moved all.
        const stop = [undefined, 'in-transaction', 'before-commit', 'after-commit'][pick(4)]
        probe = (point) => {
          if (point === stop) throw new Error(`stopped ${point}`)
        }
        const failed = await codeOf(() => letters.redrive(filter, { outOfOrder }))
        probe = () => {}
        if (!outOfOrder && overtakes) expect(failed, place).toBe('DEAD_LETTER_ORDER')
        else if (fits.length > 0 && (stop === undefined || stop === 'after-commit')) {
          for (const [sequence, { key, data }] of fits) {
            back.push(`${sequence} ${key} ${data}`)
            dead.delete(sequence)
          }
        }
        if (stop !== undefined) {
          await store.close()
          await open()
        }
      }
      expect(await ids(), place).toEqual([...dead.keys()].map((sequence) => recordId('in', 0, sequence)))
      const found = sentBack('a').map(
        ({ record }) => `${record.sequence} ${record.partitionKey} ${record.text()}`,
      )
      expect(found, place).toEqual(back)
      // What died is waiting, went back or was dropped.
      const [counts = noLetters('a')] = letters.counts()
      const { length } = back
      expect(counts, place).toEqual({
        stage: 'a',
        letters: dead.size,
        records: next - length - dropped,
        redriven: length,
        dropped,
      })
    }
    expect(back.length).toBeGreaterThan(10)
    expect(store.table(letterCountsTable.name)?.items).toBe(1)
  },
)

function stretch(from: number, to: number) {
  return { kind: 'stretch', stream: 'in', shard: 0, from, to, cause: 'corrupt', reason: 'bad bytes' } as const
}
