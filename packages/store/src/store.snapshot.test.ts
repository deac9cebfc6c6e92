import { expect, test } from 'vitest'
import { TABLES_MAX } from './layout.ts'
import { openStore } from './store.ts'
import { bytes, TestClock, testDirectory, text } from './testing/support.ts'

const definition = { name: 't', partitionKey: { name: 'p', type: 'number' as const } }

test('reads of a snapshot are of one commit, whatever other threads commit, define and delete meanwhile', async () => {
  const dir = testDirectory()
  const store = await openStore({ dir, clock: new TestClock() })
  const other = await openStore({ dir, clock: new TestClock(), share: store.share() })
  store.defineTable(definition, { version: 1 })
  // More items than a page of a scan, and more bytes.
  store.commit((transaction) => {
    for (let i = 0; i < 600; i++)
      transaction.putItem('t', i, undefined, bytes(`old ${'x'.repeat((i % 7) * 2_000)}`))
  })
  store.snapshot(({ commit, time }) => {
    const seen = [...store.scan('t', { limit: 1 })].length
    for (const item of store.scan('t')) {
      expect(text(item.json)).toMatch(/^old/)
      if (item.partitionKey !== 0) continue
      other.commit((transaction) => {
        for (let i = 0; i < 700; i++) transaction.putItem('t', i, undefined, bytes('new'))
        transaction.setTableSettings('t', { version: 2 })
      })
      other.defineTable({ ...definition, name: 'u' })
    }
    expect(seen).toBe(1)
    expect(store.table('t')).toMatchObject({ items: 600, settings: { version: 1 } })
    expect(store.table('u')).toBeUndefined()
    expect(text(store.getItem('t', 5))).toMatch(/^old/)
    expect(store.snapshot((inner) => inner)).toEqual({ commit, time })
    expect(() => store.commit(() => 0)).toThrow(/^STORE_COMMIT_NESTED .*snapshot/)
    other.deleteTables(['t'])
    expect(text(store.getItem('t', 599))).toMatch(/^old/)
  })
  expect(store.tables().map(({ name }) => name)).toEqual(['u'])
  expect(() => store.snapshot(() => Promise.resolve())).toThrow(/^STORE_WORK_ASYNC/)
  await other.close()
  await store.close()
})

test('a deleted table gives its tree, empty, to the next one; a scan that was under way finds no item of that', async () => {
  const dir = testDirectory()
  const store = await openStore({ dir, clock: new TestClock() })
  const other = await openStore({ dir, clock: new TestClock(), share: store.share() })
  store.defineTable(definition)
  store.commit((transaction) => {
    for (let i = 0; i < 600; i++) transaction.putItem('t', i, undefined, bytes('{}'))
  })
  const scan = store.scan('t')[Symbol.iterator]()
  expect(scan.next().value?.partitionKey).toBe(0)
  other.deleteTables(['t'])
  other.defineTable({ ...definition, name: 'u' })
  other.commit((transaction) => transaction.putItem('u', 1_000, undefined, bytes('{}')))
  expect(() => [...{ [Symbol.iterator]: () => scan }]).toThrow(/^STORE_UNKNOWN_TABLE/)
  expect([...store.scan('u')].map(({ partitionKey }) => partitionKey)).toEqual([1_000])
  // A thread whose cache is old begins its commit anew instead of writing into the tree of another table.
  expect(() => store.commit((transaction) => transaction.putItem('t', 1, undefined, bytes('{}')))).toThrow(
    /^STORE_UNKNOWN_TABLE/,
  )
  await other.close()
  await store.close()
})

test('of tables there is room for so many at once, however many there were before', {
  timeout: 60_000,
}, async () => {
  const dir = testDirectory()
  const store = await openStore({ dir, clock: new TestClock() })
  const named = (i: number) => ({ ...definition, name: `t${i}` })
  for (let i = 0; i < TABLES_MAX; i++) store.defineTable(named(i))
  expect(() => store.defineTable(named(TABLES_MAX))).toThrow(/^STORE_TOO_MANY_TABLES .*allowed are 1000/)
  store.deleteTables(['t500', 't7'])
  expect(store.defineTable(named(TABLES_MAX))).toBe(true)
  store.commit((transaction) => transaction.putItem(`t${TABLES_MAX}`, 1, undefined, bytes('{}')))
  expect(store.tables().map(({ items }) => items)).toEqual(expect.arrayContaining([0, 1]))
  expect(store.tables()).toHaveLength(TABLES_MAX - 1)
  await store.close()
})
