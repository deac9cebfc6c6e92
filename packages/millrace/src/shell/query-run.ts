/**
 * Runs a program in this process, straight from its sources: no data directory of its own, no commits. It is what the SQL shell and
 * cells of notebooks do with a query: for looking; what has to last is run with `millrace run`. Streams and tables are read from the
 * data directory that it was given.
 */

import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectorHost, checkOptions, type TableConnectors } from '@millrace/connect'
import type { Source } from '@millrace/runtime'
import {
  type ChangelogProgram,
  type ChangelogResult,
  compileChangelog,
  type Decoder,
  decoderOf,
  type HostFunctions,
  lookupTables,
  optimizeChangelog,
  type Row,
  type SourceStatus,
  type TableInfo,
} from '@millrace/sql'
import type { RecordBatchBuilder, Store } from '@millrace/store'
import type { Clock, Random } from '@millrace/values'
import { MillraceError } from '../error.ts'
import { refuseMetadata } from '../sql-app/bind-sql.ts'
import { type QueryFeed, RowSink } from './query-feed.ts'
import { StreamsFeed } from './streams-feed.ts'
import { TableFeed } from './table-feed.ts'

export interface QueryRunOptions {
  readonly program: ChangelogProgram
  readonly connectors: TableConnectors
  readonly functions: HostFunctions
  readonly host: ConnectorHost
  readonly clock: Clock
  readonly random: Random
  /** For tables with the connector `stream` or `table`. */
  readonly store: Store | undefined
  /** Where reading of streams begins; `earliest` unless given. */
  readonly from?: 'earliest' | 'latest'
  readonly signal: AbortSignal
  /** What has come out, and what has been read by then. Nothing more is read before it is done. */
  onChanges(result: ChangelogResult, progress: QueryProgress): void | Promise<void>
}

export interface QueryProgress {
  readonly records: number
  /** Records that are no rows of their table; they are passed over, since looking must be possible in spite of them. */
  readonly unread: { readonly count: number; readonly first: string | undefined }
  /** Why the watermark of each table stands where it stands. */
  status(): readonly SourceStatus[]
}

/** Bytes taken from a source at one time. */
const readBytes = 256 * 1024
/** Streams without an end are asked for news this often. */
const pauseMs = 100

/** Resolves when all sources have ended or the signal aborts. */
export async function runQuery(options: QueryRunOptions): Promise<void> {
  const { clock, functions, random } = options
  const program = optimizeChangelog(options.program)
  refuseMetadata(program, 'statement')
  const instance = compileChangelog(program, {
    functions,
    now: clock.now(),
    clock,
    random: () => random.next(),
  })
  for (const name of lookupTables(program)) instance.setLookup(name, lookupRows(options, name))
  const sink = new RowSink(instance)
  const feeds = await openFeeds(options, program, sink)
  try {
    instance.start()
    let records = 0
    const report = () =>
      options.onChanges(instance.take(), { records, unread: sink.unread, status: () => instance.status() })
    await report()
    const open = new Set(feeds)
    while (open.size > 0 && !options.signal.aborted) {
      let took = 0
      for (const feed of open) {
        instance.advance(Math.floor(clock.now()))
        const { taken, done } = await feed.read()
        took += taken
        if (!done) continue
        open.delete(feed)
        for (const table of feed.tables) instance.finish(table)
      }
      await instance.settle()
      records += took
      await report()
      if (open.size === 0) break
      if (took === 0) await clock.sleep(pauseMs, options.signal)
      // Whoever wants to stop it has to be heard.
      else await new Promise((resolve) => setImmediate(resolve))
    }
    await report()
  } finally {
    for (const feed of feeds) await feed.close()
  }
}

/** The streams of the directory are one feed, in the order in which every reader sees them; everything else is one for each table. */
async function openFeeds(
  options: QueryRunOptions,
  program: ChangelogProgram,
  sink: RowSink,
): Promise<QueryFeed[]> {
  const tables = program.sources.map((name) => mustTable(program, name))
  const kindOf = ({ options: { connector = 'stream' } }: TableInfo) =>
    connector === 'stream' || connector === 'table' ? connector : 'outside'
  const streams = tables.filter((table) => kindOf(table) === 'stream')
  const feeds: QueryFeed[] =
    streams.length === 0 ? [] : [new StreamsFeed(streams, options.store, sink, options.from ?? 'earliest')]
  for (const table of tables) {
    if (kindOf(table) === 'table') feeds.push(new TableFeed(table, options.store, sink, options.clock))
    if (kindOf(table) === 'outside') feeds.push(await openSource(options, table, sink))
  }
  return feeds
}

async function openSource(options: QueryRunOptions, table: TableInfo, sink: RowSink): Promise<QueryFeed> {
  const decoder = decoderOf(table)
  const name = table.options.connector ?? ''
  const connector = options.connectors.get(name)
  if (connector?.source === undefined) {
    const known = [
      'stream',
      'table',
      ...[...options.connectors.values()].filter((each) => each.source).map((each) => each.name),
    ]
    throw new MillraceError('SQL_CONNECTOR_UNKNOWN', `Table ${table.name}: '${name}' cannot be read.`, {
      next: `Connectors that can: ${known.join(', ')}.`,
    })
  }
  checkOptions(table, connector)
  const source = await connector.source(
    table,
    options.host,
  )({
    position: undefined,
    clock: options.clock,
    signal: options.signal,
    route: () => 0,
    warn: () => {},
    kept: new Map(),
    name: 'source',
    report: () => {},
    // A query has no data directory; no connector of SQL tables keeps files.
    directory: join(tmpdir(), `millrace-query-${process.pid}`),
  })
  return new SourceFeed(table, decoder, source, sink)
}

class SourceFeed implements QueryFeed {
  readonly tables: readonly string[]
  readonly #table: string
  readonly #decoder: Decoder
  readonly #source: Source
  readonly #sink: RowSink
  readonly #builder = new MemoryBuilder()

  constructor(table: TableInfo, decoder: Decoder, source: Source, sink: RowSink) {
    this.#table = table.name
    this.tables = [table.name]
    this.#decoder = decoder
    this.#source = source
    this.#sink = sink
  }

  async read(): Promise<{ taken: number; done: boolean }> {
    this.#builder.reset()
    const { taken, done } = await this.#source.read([this.#builder], readBytes)
    for (const data of this.#builder.records) this.#sink.push(this.#table, this.#decoder, data, '0')
    return { taken, done }
  }

  async close(): Promise<void> {
    await this.#source.close()
  }
}

function lookupRows({ program, connectors, host }: QueryRunOptions, name: string): Row[] {
  const table = mustTable(program, name)
  const file = connectors.get(table.options.connector ?? '')?.lookupFile?.(table, host)
  if (file === undefined) return []
  const decoder = decoderOf(table)
  const rows: Row[] = []
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line.trim() !== '') decoder.decode(Buffer.from(line, 'utf8'), (row) => rows.push(row))
  }
  return rows
}

function mustTable(program: ChangelogProgram, name: string): TableInfo {
  const table = program.tables.get(name)
  if (table === undefined) throw new Error(`shell: the program reads ${name}, which it does not declare`)
  return table
}

/** Takes a source's records in memory. */
class MemoryBuilder implements RecordBatchBuilder {
  records: Uint8Array[] = []
  byteLength = 0

  get count(): number {
    return this.records.length
  }

  add(
    _key: Uint8Array,
    _keyStart: number,
    _keyEnd: number,
    data: Uint8Array,
    start: number,
    end: number,
  ): void {
    this.records.push(data.slice(start, end))
    this.byteLength += end - start
  }

  reset(): void {
    this.records = []
    this.byteLength = 0
  }
}
