import { expect, test } from 'vitest'
import { readCdcOptions } from './cdc-settings.ts'
import { mysql } from './mysql-source.ts'
import { postgres } from './postgres-source.ts'

const url = 'mysql://shop:secret@db.example:3306/'

test('what is not given has its default', () => {
  expect(readCdcOptions('mysql', { url }, {})).toEqual({
    start: { mode: 'load' },
    chunkRows: 10_000,
    parallel: 4,
    schemaPolicies: [{ policy: 'follow' }],
    heartbeatMs: 10_000,
    alarmBehindBytes: 2 ** 30,
    alarmExpiresInMs: 21_600_000,
  })
  const time = '2026-06-01T00:00:00Z'
  expect(readCdcOptions('mysql', { url, start: { time } }, {}).start).toEqual({
    mode: 'time',
    timeMs: Date.UTC(2026, 5, 1),
  })
})

test.each([
  [{ chunkRow: 5 }, /no option "chunkRow".*Known are url, tables/],
  [{ tabels: ['a.b'] }, /Did you mean "tables"\?/],
  [{ tables: [] }, /"tables" must be a list of names/],
  [{ tables: ['a.b'], mappings: {} }, /Give one of them/],
  [{ load: { chunkRows: 0 } }, /mysql: load: "chunkRows" must be an integer from 1 to 100,000, but is 0/],
  [{ start: 'latest' }, /"start" must be 'load', 'load-only', 'now'.*but is "latest"/],
  [{ start: { time: 'yesterday' } }, /but is \{"time":"yesterday"\}/],
  [{ schemaChanges: 'fail' }, /must be 'follow', 'ignore', 'quarantine', 'stop'/],
  [{ schemaChanges: [{ policy: 'stop', changes: ['alter'] }] }, /schemaChanges"\[0\]: "changes"/],
  [{ schemaChanges: [{ table: 'a.%' }] }, /\[0\]\.policy must be/],
  [{ alarm: { behindBytes: 'x' } }, /alarm: "behindBytes"/],
  [{ serverId: 0 }, /"serverId" must be an integer from 1 to 4,294,967,295/],
])('%j is refused with what is allowed', (options, message) => {
  // The types refuse some of these; users of JavaScript have no types.
  expect(() => mysql({ url, ...options } as Parameters<typeof mysql>[0])).toThrow(message)
})

test('an address is never shown', () => {
  expect(() => mysql({ url: 5 } as unknown as Parameters<typeof mysql>[0])).toThrow(/but is "\(hidden\)"/)
  expect(() => mysql({ url: 'mysq://shop:secret@db/' })).toThrow(/^(?!.*secret).*CDC_URL/s)
})

test('options of Postgres are checked as well', () => {
  const address = 'postgres://shop:secret@db.example/shop'
  expect(() => postgres({ url: address, slot: 'My-Slot' })).toThrow(/"slot" must be 1 to 63 of a-z/)
  expect(postgres({ url: address, slot: 'orders' })).toBeTypeOf('function')
})
