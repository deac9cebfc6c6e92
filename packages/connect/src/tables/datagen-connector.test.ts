/** datagen: rows of the wanted types and ranges, the same from any row on. */
import type { TableInfo } from '@millrace/sql'
import { type Clock, parseSqlType } from '@millrace/values'
import { expect, test } from 'vitest'
import { CONTRACT_START, describeSourceContract, RecordingBuilder } from '../source-contract.ts'
import { datagenConnector } from './datagen-connector.ts'

function table(columns: Record<string, string>, options: Record<string, string>): TableInfo {
  return {
    name: 'T',
    temporary: false,
    columns: Object.entries(columns).map(([name, type]) => ({
      name,
      type: parseSqlType(type, 'flink'),
      nullable: true,
      metadata: undefined,
      computed: undefined,
    })),
    primaryKey: undefined,
    partitionedBy: [],
    options: { connector: 'datagen', ...options },
    comment: undefined,
  }
}
const host = { folder: '.', print: () => {} }

/** A clock that is at once where it is waited for. */
function leapingClock(): Clock {
  let now = CONTRACT_START
  return {
    now: () => now,
    sleep: async (ms) => {
      now += ms
    },
  }
}

async function rows(info: TableInfo): Promise<Record<string, unknown>[]> {
  const source = await datagenConnector.source!(
    info,
    host,
  )({
    position: undefined,
    clock: leapingClock(),
    signal: new AbortController().signal,
    route: () => 0,
    warn: () => {},
    kept: new Map(),
    name: 'source',
    report: () => {},
    directory: '',
  })
  const builder = new RecordingBuilder()
  for (;;) {
    const { done } = await source.read([builder], 1e6)
    if (done) break
  }
  return builder.records.map(({ data }) => JSON.parse(data))
}

test('values lie in the wanted ranges', async () => {
  const found = await rows(
    table(
      {
        id: 'INT',
        n: 'BIGINT',
        d: 'DECIMAL(5, 1)',
        s: 'STRING',
        b: 'BOOLEAN',
        ts: 'TIMESTAMP(3)',
        a: 'ARRAY<INT>',
      },
      {
        'number-of-rows': '200',
        'fields.id.kind': 'sequence',
        'fields.id.start': '5',
        'fields.id.end': '1000',
        'fields.n.min': '-3',
        'fields.n.max': '3',
        'fields.d.min': '0',
        'fields.d.max': '9',
        'fields.s.length': '4',
        'fields.s.null-rate': '0.5',
      },
    ),
  )
  expect(found.map(({ id }) => id)).toEqual(Array.from({ length: 200 }, (_, i) => i + 5))
  expect(new Set(found.map(({ n }) => n))).toEqual(new Set([-3, -2, -1, 0, 1, 2, 3]))
  for (const { d } of found) expect(Number(d) >= 0 && Number(d) <= 9).toBe(true)
  const texts = found.map(({ s }) => s)
  expect(texts.filter((s) => s === null).length).toBeGreaterThan(50)
  for (const s of texts) if (s !== null) expect(s).toMatch(/^[0-9A-Fa-f]{4}$/)
})

test('a sequence ends the table', async () => {
  const options = { 'fields.id.kind': 'sequence', 'fields.id.start': '1', 'fields.id.end': '3' }
  expect(await rows(table({ id: 'INT' }, options))).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }])
})

test.each([
  [{ 'fields.x.kind': 'sequence' }, /no physical column.*id/],
  [{ 'fields.id.kind': 'magic' }, /"magic".*'random', 'sequence'/],
  [{ 'fields.id.min': '5', 'fields.id.max': '4' }, /below the min/],
])('%j is refused', (options, message) => {
  expect(() => datagenConnector.source!(table({ id: 'INT' }, options), host)).toThrow(message)
})

describeSourceContract('datagen', () => ({
  open: datagenConnector.source!(
    table({ id: 'INT' }, { 'number-of-rows': '40', 'rows-per-second': '20' }),
    host,
  ),
  taken: 40,
  dead: 0,
  isPaced: true,
}))
