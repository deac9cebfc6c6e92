/**
 * Broken bytes of the log are refused with CDC_LOG_INVALID, and nothing of their message is used: messages of every kind are cut off,
 * lengthened and changed. A changed byte inside of a value may make another valid value, which no reader can know; everything
 * else that comes out must be what was meant.
 */
import { type Random, seededRandom } from '@millrace/values'
import { expect, test } from 'vitest'
import { CdcError } from '../../errors.ts'
import type { TableSchema } from '../../model/table-schema.ts'
import { ChangeAssembler } from '../log/change-assembler.ts'
import { EventBuffer } from '../log/event-buffer.ts'
import { readDecimal, readInteger, readText, readTime, readUuid } from '../values/read-value.ts'
import { TupleReader } from './tuple-reader.ts'

const seed = process.env.MILLRACE_SEED ?? '20261121'
const rounds = process.env.MILLRACE_NIGHTLY === '1' ? 400_000 : 5_000

const origin = { system: undefined, timeline: undefined }

const int16 = (value: number) => {
  const out = Buffer.alloc(2)
  out.writeUInt16BE(value)
  return out
}
const int32 = (value: number) => {
  const out = Buffer.alloc(4)
  out.writeInt32BE(value)
  return out
}
const int64 = (value: bigint) => {
  const out = Buffer.alloc(8)
  out.writeBigInt64BE(value)
  return out
}
const name = (text: string) => Buffer.from(`${text}\0`)
const value = (text: string | null | undefined) =>
  text === null
    ? Buffer.from('n')
    : text === undefined
      ? Buffer.from('u')
      : Buffer.concat([Buffer.from('t'), int32(Buffer.byteLength(text)), Buffer.from(text)])
const tuple = (...values: (string | null | undefined)[]) =>
  Buffer.concat([int16(values.length), ...values.map(value)])
const make = (type: string, ...parts: Buffer[]) => Buffer.concat([Buffer.from(type), ...parts])

const schema: TableSchema = {
  schema: 'public',
  table: 'item',
  columns: ['id', 'name', 'price', 'at', 'code'].map((column) => ({
    name: column,
    type: { kind: 'other', native: column },
    isNullable: true,
  })),
  key: [0],
}
const reads = [readInteger, readText, readDecimal, readTime, readUuid]
const uuid = '6f1e7c1c-2b0e-4f43-9d11-0d9e4a5f2a10'
const row = tuple('17', 'größe', '12.50', '2024-01-02 03:04:05', uuid)
const column = (isKey: number, text: string) =>
  Buffer.concat([Buffer.of(isKey), name(text), int32(25), int32(-1)])
const relation = make(
  'R',
  int32(9),
  name('public'),
  name('item'),
  Buffer.from('d'),
  int16(5),
  ...schema.columns.map((each, i) => column(i === 0 ? 1 : 0, each.name)),
)
const begin = make('B', int64(500n), int64(10_000_000n), int32(77))
const transaction = [
  begin,
  make('Y', int32(99), name('public'), name('mood')),
  relation,
  make('I', int32(9), Buffer.from('N'), row),
  make('U', int32(9), Buffer.from('N'), tuple('17', undefined, '1', null, uuid)),
  make('U', int32(9), Buffer.from('K'), tuple('17', null, null, null, null), Buffer.from('N'), row),
  make('U', int32(9), Buffer.from('O'), row, Buffer.from('N'), row),
  make('O', int64(5n), name('origin')),
  make('M', Buffer.of(1), int64(5n), name('prefix'), int32(3), Buffer.from('abc')),
  make('D', int32(9), Buffer.from('K'), tuple('17', null, null, null, null)),
  make('T', int32(1), Buffer.of(0), int32(9)),
  make('C', Buffer.of(0), int64(500n), int64(600n), int64(10_000_000n)),
]

function take(messages: readonly Buffer[]) {
  const assembler = new ChangeAssembler({ lsn: 100n, inside: undefined, ...origin }, () => {})
  const out = new EventBuffer()
  for (const bytes of messages) {
    // The message lies between others in the socket's bytes.
    const around = Buffer.concat([Buffer.from('tttt'), bytes, Buffer.from('\0\0\0\x01t\0\0')])
    for (;;) {
      const unknown = assembler.take(around, 4, 4 + bytes.length, out)
      if (unknown === undefined) break
      if (unknown.message.columns.length !== reads.length) unknown.reader = null
      else {
        unknown.reader = new TupleReader(
          schema,
          reads,
          unknown.message.columns.map(({ isKey }) => isKey),
        )
      }
    }
  }
  return { events: out.events, position: assembler.position(origin) }
}

test('the whole transaction is read', () => {
  const { events, position } = take(transaction)
  const values = [17, 'größe', '12.50', '2024-01-02 03:04:05', uuid]
  expect(
    events.map((event) =>
      event.kind === 'row' ? [event.operation, event.before, event.after] : [event.kind],
    ),
  ).toEqual([
    ['insert', undefined, values],
    ['update', undefined, [17, undefined, '1', null, uuid]],
    ['update', [17, undefined, undefined, undefined, undefined], values],
    ['update', values, values],
    ['delete', [17, undefined, undefined, undefined, undefined], undefined],
    ['truncate'],
  ])
  expect(events.map(({ order }) => order)).toEqual([0, 1, 2, 3, 4, 5])
  expect(position).toEqual({ lsn: 600n, inside: undefined, ...origin })
})

test('a message that is cut off anywhere, or too long, is refused', () => {
  for (const [i, whole] of transaction.entries()) {
    const before = transaction.slice(0, i)
    for (let length = 0; length < whole.length; length++) {
      expectInvalid(() => take([...before, whole.subarray(0, length)]), `message ${i} of ${length} bytes`)
    }
    expectInvalid(() => take([...before, Buffer.concat([whole, Buffer.of(0)])]), `message ${i}, longer`)
  }
})

test(`changed bytes are refused, or change a value and nothing else (seed ${seed})`, () => {
  const random = seededRandom(`${seed} pgoutput`)
  const expected = take(transaction).events
  for (let i = 0; i < rounds; i++) {
    const changed = transaction.map((bytes) => Buffer.from(bytes))
    for (let count = 1 + random.below(3); count > 0; count--) change(changed, random)
    let events: readonly unknown[]
    try {
      ;({ events } = take(changed))
    } catch (error) {
      if (!(error instanceof CdcError) || error.code !== 'CDC_LOG_INVALID') throw error
      continue
    }
    expect(events.length, `round ${i}`).toBeLessThanOrEqual(expected.length)
    for (const event of events) expectWellFormed(event)
  }
})

test('messages in an order that no server sends are refused', () => {
  const insert = transaction[3]!
  for (const wrong of [
    [insert],
    [begin, insert],
    [begin, begin],
    [relation, insert],
    [transaction.at(-1)!],
  ]) {
    expectInvalid(() => take(wrong), `${wrong.length} messages`)
  }
  for (const type of ['S', 'E', 'c', 'A', 'b', 'P', 'K', 'r', 'p', '\0', '\xff']) {
    expectInvalid(() => take([begin, make(type, int32(1))]), type)
  }
})

function change(messages: Buffer[], random: Random): void {
  const at = random.below(messages.length)
  const bytes = messages[at]!
  const place = random.below(bytes.length)
  switch (random.below(4)) {
    case 0:
      messages[at] = bytes.subarray(0, place)
      break
    case 1:
      messages.splice(at, 1)
      break
    default:
      bytes[place] = random.below(2) === 0 ? bytes[place]! ^ (1 << random.below(8)) : random.below(256)
  }
}

/** Every value is of its column's kind: digits, a text of UTF-8, ... */
function expectWellFormed(event: unknown): void {
  const { before, after } = event as { before?: readonly unknown[]; after?: readonly unknown[] }
  for (const values of [before, after]) {
    if (values === undefined) continue
    expect(values).toHaveLength(5)
    const [id, text, price, at, code] = values
    if (id != null) expect(Number.isSafeInteger(id)).toBe(true)
    if (text != null) expect(Buffer.from(String(text)).toString()).toBe(text)
    if (price != null) expect(price).toMatch(/^-?\d+(\.\d+)?$|^NaN$|^-?Infinity$/)
    if (at != null) expect(at).toMatch(/^(\d[\x20-\x7e]*|-?infinity)$/)
    if (code != null) expect(code).toMatch(/^[\x20-\x7e]{36}$/)
  }
}

function expectInvalid(act: () => unknown, what: string): void {
  let result: unknown
  try {
    result = act()
  } catch (error) {
    expect(error, what).toMatchObject({ code: 'CDC_LOG_INVALID' })
    return
  }
  throw new Error(
    `${what} was taken: ${JSON.stringify(result, (_, v) => (typeof v === 'bigint' ? String(v) : v))}`,
  )
}
