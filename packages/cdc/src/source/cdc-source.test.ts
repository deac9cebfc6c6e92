import { expect, test } from 'vitest'
import { eventEnvelope, ReplayedTables } from '../testing/replayed-tables.ts'
import { names, notes, orders } from '../testing/shop-workload.ts'
import { column } from '../testing/simulated-keys.ts'
import { type RunOptions, SimulatedRun, sorted } from '../testing/simulated-run.ts'
import type { CdcStatus } from './cdc-status.ts'

const quiet: RunOptions = {
  seed: 1,
  temperament: 'mysql',
  rows: 30,
  transactions: 0,
  alterations: 0,
  truncates: false,
  chunkRows: 10,
  parallel: 2,
  kills: 0,
  losses: 0,
  maxBytes: 1 << 20,
}

async function started(options: Partial<RunOptions> = {}): Promise<SimulatedRun> {
  const run = new SimulatedRun({ ...quiet, ...options })
  await run.runtime.start()
  await followed(run)
  return run
}

/** Reads until everything that was written is told. */
async function followed(run: SimulatedRun): Promise<void> {
  do await run.readOnce()
  while (!(await run.isCaughtUp()))
}

async function statusOf(run: SimulatedRun): Promise<CdcStatus> {
  return (await run.runtime.source.request?.({ request: 'status' })) as CdcStatus
}

async function phaseOf(run: SimulatedRun, name: { table: string }): Promise<string | undefined> {
  return (await statusOf(run)).tables.find(({ table }) => table === name.table)?.phase
}

function kinds(run: SimulatedRun, from = 0): string[] {
  return run.runtime.records.slice(from).map(({ data }) => {
    const { kind, operation, table, name } = JSON.parse(data)
    const parts = [kind === 'row' ? '' : kind, operation ?? '', (table ?? name).table]
    return parts.filter((part) => part !== '').join(' ')
  })
}

function expectReplayed(run: SimulatedRun, replayed = run.replay()): void {
  for (const { name, rows } of run.tables()) expect(sorted(replayed.rows(name)), name.table).toEqual(rows)
}

/** The run's database with one more column. */
function addColumn(run: SimulatedRun, name = orders, added = 'extra'): void {
  const schema = run.database.schema(name)!
  const columns = [...schema.columns, column(added, 'text')]
  run.database.alter(name, 'add-column', { ...schema, columns }, (row) => [...row, null])
}

function insertOrder(run: SimulatedRun, id: number): void {
  const { columns } = run.database.schema(orders)!
  const row = columns.map(({ type }, i) => (i === 0 ? id : type.kind === 'integer' ? 1 : `text of ${id}`))
  run.database.commit([{ kind: 'insert', table: orders, row }])
  run.database.settleAll()
}

test('tables begin with their control records, those with the higher load order are loaded first', async () => {
  const run = await started({ parallel: 1 })
  const seen = kinds(run)
  expect(seen.slice(0, 4).every((text) => text.startsWith('begin '))).toBe(true)
  expect(seen[4]).toBe('load names')
  expectReplayed(run)
  await run.runtime.kill()
})

test("'load-only' is done when all rows are there, stays done, and reads nothing more", async () => {
  const run = new SimulatedRun({ ...quiet, start: { mode: 'load-only' } })
  await run.runtime.start()
  while (!run.runtime.isDone) await run.readOnce()
  expectReplayed(run)
  expect((await statusOf(run)).phase).toBe('done')
  await run.runtime.kill()
  const { opened } = run
  await run.runtime.start()
  expect((await run.runtime.read(1000)).done).toBe(true)
  expect(run.opened).toBe(opened)
  await run.runtime.kill()
})

test("'now' tells only what comes after, and so does a position; a position that is none is refused", async () => {
  const run = new SimulatedRun({ ...quiet, start: { mode: 'now' } })
  await run.runtime.start()
  await run.readOnce()
  insertOrder(run, 1000)
  await followed(run)
  expect(kinds(run).filter((text) => !text.startsWith('begin'))).toEqual(['insert orders'])
  await run.runtime.kill()

  const from = String(run.database.logLength)
  const again = new SimulatedRun({ ...quiet, start: { mode: 'position', position: from } })
  insertOrder(again, 1000)
  insertOrder(again, 1001)
  await again.runtime.start()
  await followed(again)
  expect(kinds(again).filter((text) => !text.startsWith('begin'))).toEqual(['insert orders'])
  await again.runtime.kill()

  const wrong = new SimulatedRun({ ...quiet, start: { mode: 'position', position: 'there' } })
  await expect(wrong.runtime.start()).rejects.toThrow(/CDC_POSITION/)
})

test('a time is a position where the log has it, and an error where not', async () => {
  const timeMs = Date.UTC(2026, 5, 1) + 30_000
  const run = new SimulatedRun({ ...quiet, start: { mode: 'time', timeMs } })
  insertOrder(run, 1000)
  await run.clock.advance(60_000)
  insertOrder(run, 1001)
  await run.runtime.start()
  await followed(run)
  expect(kinds(run).filter((text) => !text.startsWith('begin'))).toEqual(['insert orders'])
  await run.runtime.kill()
  const later = new SimulatedRun({ ...quiet, start: { mode: 'time', timeMs } })
  await expect(later.runtime.start()).rejects.toThrow(/CDC_POSITION.*Start with 'load'/s)
})

test('a table that is loaded again while the rest flows: its rows come again as they are, changes go on', async () => {
  const run = await started()
  const from = run.runtime.records.length
  await run.runtime.source.request?.({ request: 'load', tables: [orders] })
  insertOrder(run, 1000)
  run.database.commit([{ kind: 'delete', table: orders, pick: 3 }])
  run.database.commit([{ kind: 'insert', table: notes, row: ['x', 1] }])
  await followed(run)
  const seen = kinds(run, from)
  expect(seen).not.toContain('truncate orders')
  expect(seen).toContain('insert orders')
  expect(seen).toContain('delete orders')
  expect(seen).toContain('insert notes')
  const replayed = new ReplayedTables()
  replayed.isRepeating = true
  expectReplayed(run, run.replay(replayed))
  const loads = seen.filter((text) => text === 'load orders').length
  // What was inserted while the load ran has come already.
  expect(loads).toBeGreaterThanOrEqual(run.database.rows(orders).length - 1)
  await run.runtime.kill()
})

test('requests that cannot be are refused with what can', async () => {
  const run = await started()
  const { source } = run.runtime
  await expect(source.request?.({ request: 'drop' })).rejects.toThrow(/CDC_OPTION .*"load" or "release"/)
  await expect(
    source.request?.({ request: 'load', tables: [{ schema: 'shop', table: 'order' }] }),
  ).rejects.toThrow(/CDC_TABLE_MISSING .*no table shop.order. It has shop.names, shop.notes/)
  await expect(source.request?.({ request: 'release', tables: [orders] })).rejects.toThrow(
    /not in quarantine/,
  )
  await run.runtime.kill()
})

test("policy 'follow': a control record, then rows of the new shape", async () => {
  const run = await started()
  const from = run.runtime.records.length
  addColumn(run)
  insertOrder(run, 1000)
  await followed(run)
  expect(kinds(run, from)).toEqual(['schema add-column orders', 'insert orders'])
  expectReplayed(run)
  await run.runtime.kill()
})

test("policy 'ignore': rows keep the columns that were known, also over restarts and renames", async () => {
  const run = await started({ policies: [{ policy: 'ignore' }] })
  const from = run.runtime.records.length
  addColumn(run)
  const schema = run.database.schema(orders)!
  const columns = schema.columns.map((each) => (each.name === 'n' ? { ...each, name: 'amount' } : each))
  run.database.alter(orders, 'rename-column', { ...schema, columns }, (row) => row)
  insertOrder(run, 1000)
  await followed(run)
  await run.runtime.kill()
  await run.runtime.start()
  insertOrder(run, 1001)
  await followed(run)
  expect(kinds(run, from)).toEqual(['insert orders', 'insert orders'])
  for (const { data } of run.runtime.records.slice(from)) {
    const { table, after } = JSON.parse(data)
    expect(table.columns.map(({ name }: { name: string }) => name)).toEqual(['id', 'n', 'big'])
    expect(after.slice(0, 2)).toEqual([after[0], 1])
  }
  await run.runtime.kill()
})

test("policy 'quarantine': changes become dead letters until the table is released, or loaded again", async () => {
  const run = await started({ policies: [{ table: 'shop.orders', changes: ['add'], policy: 'quarantine' }] })
  const from = run.runtime.records.length
  addColumn(run, names)
  addColumn(run)
  insertOrder(run, 1000)
  await followed(run)
  expect(kinds(run, from)).toEqual(['schema add-column names'])
  expect(run.runtime.dead.map(({ code }) => code)).toEqual(['CDC_SCHEMA_CHANGED'])
  expect(run.runtime.dead[0]?.message).toContain('millrace source release --table shop.orders')
  expect(run.runtime.warnings.map(({ code }) => code)).toContain('CDC_SCHEMA_CHANGED')
  expect(await phaseOf(run, orders)).toBe('quarantined')

  await run.runtime.kill()
  await run.runtime.start()
  await run.readOnce()
  await run.runtime.source.request?.({ request: 'release', tables: [orders] })
  insertOrder(run, 1001)
  await followed(run)
  expect(kinds(run, from).slice(1)).toEqual(['begin orders', 'insert orders'])

  await run.runtime.source.request?.({ request: 'load', tables: [orders] })
  await followed(run)
  // What became dead letters is missing, so consumers begin anew.
  const seen = kinds(run, from)
  expect(seen).toContain('truncate orders')
  expectReplayed(run)
  await run.runtime.kill()
})

test("policy 'stop': the source stops right before the change, and goes on from there under another policy", async () => {
  const run = await started({ policies: [{ policy: 'stop' }] })
  insertOrder(run, 1000)
  addColumn(run)
  insertOrder(run, 1001)
  const reading = async () => {
    for (;;) await run.readOnce()
  }
  await expect(reading()).rejects.toThrow(/CDC_SCHEMA_CHANGED shop.orders cannot be followed/)
  expect(kinds(run).at(-1)).toBe('insert orders')
  const { position, kept, records } = run.runtime
  await run.runtime.kill()

  const next = new SimulatedRun({ ...quiet })
  Object.assign(next.runtime, { position, kept })
  next.runtime.records.push(...records)
  insertOrder(next, 1000)
  addColumn(next)
  insertOrder(next, 1001)
  await next.runtime.start()
  await followed(next)
  expect(kinds(next).slice(-2)).toEqual(['schema add-column orders', 'insert orders'])
  expectReplayed(next)
  await next.runtime.kill()
})

test('a log that is gone: the tables are named, the source waits, and a load on request mends it', async () => {
  const run = await started()
  insertOrder(run, 1000)
  await followed(run)
  await run.runtime.kill()
  run.database.commit([{ kind: 'delete', table: orders, pick: 0 }])
  insertOrder(run, 1001)
  run.database.purge()
  await run.runtime.start()
  const waiting = run.runtime.read(1 << 20)
  await run.clock.advance(1000)
  const lost = run.runtime.warnings.find(({ code }) => code === 'CDC_POSITION_LOST')
  expect(lost?.message).toContain(
    'millrace source load shop --table shop.names --table shop.notes --table shop.orders --table shop.pairs',
  )
  expect((await statusOf(run)).phase).toBe('stopped')
  const tables = run.database.names().filter(({ schema, table }) => schema === 'shop' && table !== 'notes')
  await run.runtime.source.request?.({ request: 'load', tables })
  await waiting
  await followed(run)
  expect(await phaseOf(run, notes)).toBe('quarantined')
  await run.runtime.source.request?.({ request: 'load', tables: [notes] })
  insertOrder(run, 1002)
  await followed(run)
  expectReplayed(run)
  await run.runtime.kill()
})

test('a database that is away for a day is waited for, at the start as well; the first start of all fails at once', async () => {
  const run = await started()
  run.database.isAway = true
  insertOrder(run, 1000)
  const day = 86_400_000
  const until = run.clock.now() + day
  run.database.onStep = () => {
    if (run.clock.now() >= until) run.database.isAway = false
  }
  await run.runtime.kill()
  await run.runtime.start()
  // Nobody is told that something was taken which was not.
  await expect(run.runtime.source.request?.({ request: 'load', tables: [orders] })).rejects.toThrow(
    /CDC_CONNECT .*request "load" was not taken/,
  )
  await followed(run)
  expect(run.clock.now()).toBeGreaterThanOrEqual(until)
  expect(kinds(run).at(-1)).toBe('insert orders')
  expect(run.runtime.warnings.filter(({ code }) => code === 'CDC_CONNECT')).toHaveLength(1)
  await run.runtime.kill()

  const first = new SimulatedRun({ ...quiet })
  first.database.isAway = true
  await expect(first.runtime.start()).rejects.toThrow(/CDC_CONNECT/)
})

test('an aborted source takes nothing, does not wait, and keeps its position', async () => {
  const run = await started()
  insertOrder(run, 1000)
  const { position } = run.runtime
  run.runtime.abort()
  // Without moving the clock: whatever waits would hang here.
  const read = await run.runtime.source.read([], 1000)
  expect(read.taken).toBe(0)
  expect(read.position).toEqual(position)
  await run.runtime.kill()
})

test('records that no stream takes are dead letters with their reason', async () => {
  const envelope = eventEnvelope()
  const run = new SimulatedRun({
    ...quiet,
    envelope: {
      ...envelope,
      encode: (event, nowUs, emit) =>
        envelope.encode(event, nowUs, (key, data) => {
          if (key === '1000') emit('', data)
          else if (key === '1001') emit(key, data + 'x'.repeat(11 << 20))
          else if (key === '1002') emit('k'.repeat(257), data)
          else emit(key, data)
        }),
    },
  })
  await run.runtime.start()
  await followed(run)
  for (const id of [1000, 1001, 1002]) insertOrder(run, id)
  await followed(run)
  expect(run.runtime.dead.map(({ code }) => code)).toEqual(Array(3).fill('CDC_RECORD_INVALID'))
  expect(run.runtime.dead[1]?.place).toMatch(/^shop\.orders log:\d+ 0$/)
  expect(run.runtime.taken).toBe(run.runtime.records.length + 3)
  await run.runtime.kill()
})
