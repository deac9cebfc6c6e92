/**
 * One run of a check: a database with rows in it, a source that loads and follows it while sessions write at random, and whatever
 * disturbs them; then the tables as the stream has them are held against the database's own SELECT.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PrivateServer } from '@millrace/cdc'
import { type Random, seededRandom, systemClock } from '@millrace/values'
import { expect } from 'vitest'
import {
  CaptureProcess,
  type CaptureSpec,
  recordsOf,
  waitForCount,
  waitForRecord,
} from './capture-process.ts'
import { type LiveDatabase, type LiveKind, type LiveSession, liveDatabases } from './live-database.ts'
import { createTables, insertSome, runWorkload, tableNames } from './random-workload.ts'
import { RebuiltTables } from './rebuilt-tables.ts'

export interface CheckOptions {
  readonly kind: LiveKind
  readonly seed: number
  readonly sessions: number
  readonly transactions: number
  readonly bigRows: number
  readonly withTableChanges: boolean
  /** In each table before the source starts. */
  readonly rows: number
  readonly load: { readonly chunkRows: number; readonly parallel: number }
  readonly limits?: object
  /** Called while the sessions write; it may kill and restart. Goes on until `isOver`. */
  readonly disturb?: (context: Disturbed) => Promise<void>
}

export interface Disturbed {
  readonly random: Random
  readonly server: PrivateServer
  /** The process that follows. */
  capture: CaptureProcess
  readonly spec: CaptureSpec
  /** Where the source connects to; the server's own port unless changed before the start. */
  isOver(): boolean
}

export interface CheckResult {
  readonly records: number
  readonly operations: ReadonlyMap<string, number>
}

/** Another address of the server for the source alone: that of a proxy. */
export type Between = (
  server: PrivateServer,
  random: Random,
) => Promise<AsyncDisposable & { readonly port: number }>

const marker = 987_654_321

export async function checkCapture(options: CheckOptions, between?: Between): Promise<CheckResult> {
  const { kind, seed } = options
  const random = seededRandom(seed)
  const database = liveDatabases[kind]
  const work = mkdtempSync(join(tmpdir(), 'millrace-capture-'))
  await using server = await database.start()
  const session = await database.session(server.url)
  for (const sql of createTables(kind)) await session.query(sql)
  for (const table of tableNames) await session.query(insertSome(kind, random, options.rows, table))
  await using proxy = await between?.(server, random)
  const spec: CaptureSpec = {
    kind,
    options: {
      url: proxy === undefined ? server.url : server.url.replace(`:${server.port}/`, `:${proxy.port}/`),
      tables: ['shop.%'],
      envelope: {
        format: 'dms',
        IncludeNullAndEmpty: true,
        IncludeControlDetails: true,
        IncludeTableAlterOperations: true,
        BeforeImageSettings: { EnableBeforeImage: true, FieldName: 'before-image', ColumnFilter: 'all' },
      },
      load: options.load,
      heartbeatMs: 500,
    },
    dataDir: join(work, 'data'),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  }
  let isOver = false
  const context: Disturbed = {
    random: seededRandom(seed + 1),
    server,
    capture: new CaptureProcess(spec),
    spec,
    isOver: () => isOver,
  }
  try {
    // The load has begun, and goes on while the sessions write.
    await waitForCount(context.capture, spec.dataDir, 1)
    const disturbing = options.disturb?.(context)
    // A failure is met below; here it must not be nobody's.
    disturbing?.catch(() => {})
    const writing = {
      ...options,
      database,
      url: server.url,
      random,
      reconnect: () => systemClock.sleep(50),
    }
    await runWorkload(writing)
    isOver = true
    await disturbing
    await context.capture.following()
    // However long the load took: changes after it as well.
    await runWorkload({ ...writing, transactions: Math.ceil(options.transactions / 4) })
    await finish(database, server, random)
    await waitForRecord(context.capture, spec.dataDir, String(marker))
    expect(await context.capture.stop(), context.capture.errors).toBe('0')
    return await compare(database, server, spec.dataDir)
  } finally {
    isOver = true
    await context.capture.kill()
    rmSync(work, { recursive: true, force: true })
  }
}

/** A last row for each table, so that what changed of its columns is in the log, then the marker. */
async function finish(database: LiveDatabase, server: PrivateServer, random: Random): Promise<void> {
  const session = await database.session(server.url)
  for (const table of tableNames) await session.query(insertSome(database.kind, random, 60, table))
  await session.query(`INSERT INTO shop.marker VALUES (${marker})`)
  await session.close()
}

async function compare(database: LiveDatabase, server: PrivateServer, dataDir: string): Promise<CheckResult> {
  const records = await recordsOf(dataDir)
  const rebuilt = new RebuiltTables()
  for (const record of records) rebuilt.take(record)
  const session = await database.session(server.url)
  for (const table of [...tableNames, 'marker']) {
    const { columns, rows } = await rowsOf(session, database.kind, table)
    expect(difference(rebuilt.rowsOf(`shop.${table}`, columns), rows), `table ${table}`).toEqual([])
  }
  await session.close()
  return { records: records.length, operations: rebuilt.operations }
}

async function rowsOf(
  session: LiveSession,
  kind: LiveKind,
  table: string,
): Promise<{ readonly columns: readonly string[]; readonly rows: readonly string[] }> {
  const listed = await session.query(
    `SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'shop' AND table_name = '${table}'`,
  )
  const columns = listed.map(([name]) => name ?? '')
  const isTime = listed.map(([, type]) => type === 'datetime' || type === 'timestamp without time zone')
  const quote = kind === 'postgres' ? '"' : '`'
  const rows = await session.query(
    `SELECT ${columns.map((column) => `${quote}${column}${quote}`).join(', ')} FROM shop.${table}`,
  )
  const cells = rows.map((row) =>
    // As DMS writes wall times.
    JSON.stringify(row.map((cell, i) => (cell !== null && isTime[i] ? `${cell.replace(' ', 'T')}Z` : cell))),
  )
  return { columns, rows: cells.sort() }
}

/** The first rows that only one side has. */
function difference(rebuilt: readonly string[], rows: readonly string[]): string[] {
  const [here, there] = [counted(rebuilt), counted(rows)]
  return [...new Set([...rebuilt, ...rows])]
    .filter((row) => here.get(row) !== there.get(row))
    .map((row) => `${here.get(row) ?? 0} times in the stream, ${there.get(row) ?? 0} in the database: ${row}`)
    .slice(0, 10)
}

function counted(rows: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const row of rows) counts.set(row, (counts.get(row) ?? 0) + 1)
  return counts
}
