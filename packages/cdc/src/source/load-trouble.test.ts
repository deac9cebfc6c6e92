/** Loads that meet trouble between two reads, or before the log has told of it. */
import { VirtualClock } from '@millrace/values'
import { expect, test } from 'vitest'
import { CdcError } from '../errors.ts'
import type { LogEvent } from '../model/log-event.ts'
import type { TableSchema } from '../model/table-schema.ts'
import type { Chunk, TableReader } from '../snapshot/table-reader.ts'
import { names, notes } from '../testing/shop-workload.ts'
import { column } from '../testing/simulated-keys.ts'
import { type RunOptions, SimulatedRun } from '../testing/simulated-run.ts'
import { FollowedTable } from './followed-table.ts'
import { RecentTransactions } from './recent-transactions.ts'
import type { RecordOutput } from './record-output.ts'
import { HeldBytes, type LoadHost } from './table-load.ts'
import { WholeLoad } from './whole-load.ts'

const options: RunOptions = {
  seed: 1,
  temperament: 'mysql',
  rows: 30,
  transactions: 0,
  alterations: 0,
  truncates: false,
  chunkRows: 5,
  parallel: 4,
  kills: 0,
  losses: 0,
  maxBytes: 130,
}

test('a reading of a table without a key that breaks off while its rows are written begins anew, and loses none', async () => {
  const clock = new VirtualClock(0)
  const schema: TableSchema = { ...notes, columns: [column('t', 'text')], key: [] }
  const chunks = [[['a'], ['b']], [['c']]].map(
    (rows): Chunk => ({
      schema,
      rows,
      last: undefined,
      view: { contains: () => 'no', isPassedBy: () => true },
    }),
  )
  let isBroken = true
  const reader: Partial<TableReader & AsyncDisposable> = {
    estimateRows: async () => 3,
    readWhole: async function* () {
      yield chunks[0]!
      await clock.sleep(10)
      if (isBroken) throw new CdcError('CDC_CONNECT', 'The connection was lost.')
      yield chunks[1]!
    },
    [Symbol.asyncDispose]: async () => {},
  }
  const written: unknown[] = []
  const host = {
    database: { openTable: async () => reader },
    clock,
    recent: new RecentTransactions(),
    held: new HeldBytes(1000),
    chunkRows: 2,
    chunkBytes: 1000,
    wake: () => {},
    warn: () => {},
    changed: () => {},
    write: (_: unknown, event: LogEvent) =>
      written.push(event.kind === 'row' ? event.after?.[0] : event.kind),
  }
  const table = new FollowedTable(schema)
  table.phase = 'loading'
  // What is missing of the host and the reader is asked for by other loads.
  const load = new WholeLoad(table, host as unknown as LoadHost)
  let room = 1
  const out = {
    get isFull() {
      return room-- <= 0
    },
  } as RecordOutput
  await clock.advance(1)
  const first = await load.settle({})
  expect(first?.run(out)).toBe(false)
  await clock.advance(20)
  isBroken = false
  await clock.advance(1000)
  room = Number.POSITIVE_INFINITY
  for (let next = first; next !== undefined; next = await load.settle({})) {
    expect(next.run(out)).toBe(true)
    await clock.advance(100)
  }
  expect(written).toEqual(['a', 'truncate', 'a', 'b', 'c'])
  expect(table.phase).toBe('following')
  await load.close()
})

test('a table that is dropped while it is loaded ends its load, where only the database knows the order of its keys', async () => {
  for (const temperament of ['mysql', 'postgres'] as const) {
    const run = new SimulatedRun({ ...options, temperament, parallel: 1 })
    await run.runtime.start()
    // Some of its rows are loaded, and not all.
    while (!JSON.stringify(run.runtime.kept.get('tables/shop/names') ?? {}).includes('"cursor"'))
      await run.readOnce()
    await run.runtime.kill()
    run.database.commit([{ kind: 'delete', table: names, pick: 0 }])
    run.database.drop(names)
    await run.runtime.start()
    do await run.readOnce()
    while (!(await run.isCaughtUp()))
    const said = run.runtime.records.filter(({ data }) => JSON.parse(data).operation === 'drop-table')
    expect(said, temperament).toHaveLength(1)
    await run.runtime.kill()
  }
})
