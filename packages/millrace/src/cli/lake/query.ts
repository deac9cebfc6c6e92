/**
 * `millrace query`: SQL over the lake. The rows go to standard output, as a table for people or as JSON lines or CSV for programs, or into
 * a file; warnings and figures to standard error.
 */
import { readFileSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { text as readStream } from 'node:stream/consumers'
import type { LakeHandle } from '@millrace/console'
import { defaultDatabase, type ExportFile, type QueryOptions, type QueryResult } from '@millrace/lake'
import { systemClock } from '@millrace/values'
import { shortPath } from '../../define/call-site.ts'
import { MillraceError, messageOf } from '../../error.ts'
import { textTable } from '../../shell/result-table.ts'
import { LineOutput } from '../output.ts'
import { withLake } from './open-lake.ts'

export interface QueryFlags {
  readonly dataDir: string | undefined
  readonly database: string | undefined
  readonly asOf: string | undefined
  readonly form: 'table' | 'json' | 'csv'
  readonly output: string | undefined
  readonly file: string | undefined
  readonly parameters: readonly string[]
  readonly limit: number | undefined
  readonly timeoutSeconds: number | undefined
  readonly memory: string | undefined
  readonly save: string | undefined
  readonly run: string | undefined
  /** Print which files were read. */
  readonly verbose: boolean
}

/** Rows of a table for people, unless told otherwise. */
const rowsShown = 1_000
const encoder = new TextEncoder()

export async function query(sql: string | undefined, flags: QueryFlags): Promise<void> {
  const memoryBytes = flags.memory === undefined ? undefined : bytesOf(flags.memory)
  await withLake({ dataDir: flags.dataDir, memoryBytes }, async (lake) => {
    const statement = await statementOf(lake, sql, flags)
    if (flags.save !== undefined) await lake.book.save({ name: flags.save, sql: statement })
    const options = queryOptions(flags)
    if (flags.output === undefined) await print(lake, statement, options, flags)
    else await writeFile(lake, statement, options, flags.output)
  })
}

async function statementOf(lake: LakeHandle, sql: string | undefined, flags: QueryFlags): Promise<string> {
  const given = [sql, flags.file, flags.run].filter((each) => each !== undefined)
  if (given.length !== 1) {
    throw new MillraceError(
      'USAGE',
      given.length === 0 ? 'No statement was given.' : 'Several statements were given.',
      {
        next: 'Give one: millrace query "SELECT ...", --file FILE or --run NAME; "-" reads standard input.',
      },
    )
  }
  if (flags.run !== undefined) return (await lake.book.saved(flags.run)).sql
  if (sql === '-') return readStream(process.stdin)
  if (sql !== undefined) return sql
  try {
    return readFileSync(flags.file ?? '', 'utf8')
  } catch (error) {
    throw new MillraceError('INPUT_FAILED', `${flags.file} cannot be read: ${messageOf(error)}.`, {
      cause: error,
    })
  }
}

function queryOptions(flags: QueryFlags): QueryOptions {
  const { database, asOf, parameters, timeoutSeconds } = flags
  return {
    ...(database === undefined ? {} : { database }),
    ...(asOf === undefined ? {} : { asOf: timeOf(asOf) }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(timeoutSeconds === undefined ? {} : { timeoutMs: timeoutSeconds * 1_000 }),
  }
}

async function print(lake: LakeHandle, sql: string, options: QueryOptions, flags: QueryFlags): Promise<void> {
  const began = systemClock.now()
  const result = await lake.query.run(sql, { ...options, values: flags.form === 'json' ? 'json' : 'text' })
  for (const warning of result.warnings) process.stderr.write(`warning: ${warning}\n`)
  let rows: number
  if (flags.form === 'table') rows = await printTable(result, flags.limit ?? rowsShown)
  else rows = await printLines(result, flags.form, flags.limit ?? Number.POSITIVE_INFINITY)
  if (!flags.verbose) return
  const { read, pruned } = result.files
  const ms = Math.round(systemClock.now() - began)
  process.stderr.write(
    `${rows} rows in ${ms} ms; ${read} files to read, ${pruned} ruled out; tables: ${result.tables.join(', ') || 'none'}\n`,
  )
}

/** Gives how many rows were printed. */
async function printTable({ columns, rows }: QueryResult, limit: number): Promise<number> {
  const shown: string[][] = []
  let more = false
  for await (const chunk of rows) {
    for (const row of chunk) {
      if (shown.length < limit) shown.push(row.map((value) => value ?? 'NULL'))
      else more = true
    }
    if (more) break
  }
  const right = columns.map(({ type }) =>
    /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)/.test(type),
  )
  const total = `${shown.length} row${shown.length === 1 ? '' : 's'}`
  const lines = [
    ...textTable(
      columns.map(({ name }) => name),
      shown,
      right,
    ),
    more ? `(the first ${total}; all of them: --limit N, --json or --csv)` : `(${total})`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  return shown.length
}

async function printLines(
  { columns, rows }: QueryResult,
  form: 'json' | 'csv',
  limit: number,
): Promise<number> {
  const output = new LineOutput()
  const names = columns.map(({ name }) => JSON.stringify(name))
  if (form === 'csv') await output.line(encoder.encode(columns.map(({ name }) => csvCell(name)).join(',')))
  let count = 0
  for await (const chunk of rows) {
    for (const row of chunk) {
      if (count >= limit) break
      count++
      const line =
        form === 'csv'
          ? row.map((value) => (value === null ? '' : csvCell(value))).join(',')
          : `{${row.map((value, i) => `${names[i]}:${value ?? 'null'}`).join(',')}}`
      await output.line(encoder.encode(line))
    }
    if (count >= limit) break
  }
  await output.flush()
  return count
}

/** An empty text is quoted, so that it is not NULL. */
function csvCell(value: string): string {
  return value === '' || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}

const formats: Readonly<Record<string, ExportFile['format']>> = {
  '.parquet': 'parquet',
  '.csv': 'csv',
  '.json': 'json',
  '.jsonl': 'json',
  '.ndjson': 'json',
}

async function writeFile(
  lake: LakeHandle,
  sql: string,
  options: QueryOptions,
  output: string,
): Promise<void> {
  const format = formats[extname(output).toLowerCase()]
  if (format === undefined) {
    throw new MillraceError('USAGE', `The ending of ${JSON.stringify(output)} says no format.`, {
      next: `Allowed: ${Object.keys(formats).join(', ')}.`,
    })
  }
  const path = resolve(output)
  const { rows, warnings } = await lake.query.export(sql, { path, format }, options)
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`)
  process.stdout.write(`${rows} row${rows === 1 ? '' : 's'} written to ${shortPath(path)}\n`)
}

export async function queryHistory(flags: {
  dataDir: string | undefined
  limit: number
  json: boolean
}): Promise<void> {
  await withLake(flags, async ({ book }) => {
    const entries = await book.history(flags.limit)
    if (flags.json) {
      for (const { at, ...entry } of entries)
        process.stdout.write(`${JSON.stringify({ at: new Date(at).toISOString(), ...entry })}\n`)
      return
    }
    const rows = entries.map(({ at, ms, rows: count, sql, database, error }) => [
      new Date(at).toISOString().slice(0, 19).replace('T', ' '),
      String(ms),
      error === undefined ? String(count) : 'failed',
      database === defaultDatabase ? '' : database,
      sql.trim().replace(/\s+/g, ' '),
    ])
    process.stdout.write(
      `${textTable(['at (UTC)', 'ms', 'rows', 'database', 'statement'], rows, [false, true, true]).join('\n')}\n`,
    )
  })
}

export async function querySaved(flags: { dataDir: string | undefined; json: boolean }): Promise<void> {
  await withLake(flags, async ({ book }) => {
    const saved = await book.list()
    if (flags.json) for (const each of saved) process.stdout.write(`${JSON.stringify(each)}\n`)
    else if (saved.length === 0)
      process.stdout.write('no saved queries; save one with: millrace query "SELECT ..." --save NAME\n')
    else
      process.stdout.write(
        `${textTable(
          ['name', 'statement'],
          saved.map(({ name, sql }) => [name, sql.replace(/\s+/g, ' ')]),
        ).join('\n')}\n`,
      )
  })
}

function timeOf(text: string): number {
  const time = Date.parse(/^\d{4}-\d\d-\d\d[T ][\d:.]+$/.test(text) ? `${text.replace(' ', 'T')}Z` : text)
  if (!Number.isNaN(time)) return time
  throw new MillraceError('USAGE', `--as-of is ${JSON.stringify(text)}.`, {
    next: 'Give a time like 2026-11-21T10:00:00Z.',
  })
}

/** `512MB`, `2GB`; units are powers of 1,024. */
function bytesOf(text: string): number {
  const [, count, unit] = /^(\d{1,6}(?:\.\d+)?) *(K|M|G)i?B?$/i.exec(text) ?? []
  const bytes = Number(count) * 1_024 ** ('KMG'.indexOf(unit?.toUpperCase() ?? '') + 1)
  if (bytes >= 16 * 2 ** 20) return Math.floor(bytes)
  throw new MillraceError('USAGE', `--memory is ${JSON.stringify(text)}.`, {
    next: 'Give a size like 512MB or 2GB, at least 16MB.',
  })
}
