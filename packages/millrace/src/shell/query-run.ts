/**
 * Runs a program of the SQL shell in this process, straight from its sources: no data directory, no commits. It is for
 * looking; what has to last is run with `millrace run`. Streams are read from the data directory that the shell was given.
 */

import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectorHost, checkOptions, type TableConnectors } from '@millrace/connect'
import type { Source } from '@millrace/runtime'
import {
  type ChangelogInstance,
  type ChangelogProgram,
  type ChangelogResult,
  compileChangelog,
  type Decoder,
  decoderOf,
  type HostFunctions,
  lookupTables,
  optimizeChangelog,
  type Row,
  type TableInfo,
} from '@millrace/sql'
import type { RecordBatchBuilder, Store } from '@millrace/store'
import type { Clock, Random } from '@millrace/values'
import { MillraceError } from '../error.ts'
import { refuseMetadata } from '../sql-app/bind-sql.ts'

export interface QueryRunOptions {
  readonly program: ChangelogProgram
  readonly connectors: TableConnectors
  readonly functions: HostFunctions
  readonly host: ConnectorHost
  readonly clock: Clock
  readonly random: Random
  /** For tables with the connector `stream`. */
  readonly store: Store | undefined
  readonly signal: AbortSignal
  /** What has come out, and how many records have been read by then. */
  onChanges(result: ChangelogResult, records: number): void
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
  const feeds = await Promise.all(program.sources.map((name) => openFeed(options, mustTable(program, name))))
  try {
    instance.start()
    let records = 0
    const report = () => options.onChanges(instance.take(), records)
    report()
    const open = new Set(feeds)
    while (open.size > 0 && !options.signal.aborted) {
      let took = 0
      for (const feed of open) {
        instance.advance(Math.floor(clock.now()))
        const { taken, done } = await feed.read(instance)
        took += taken
        if (!done) continue
        open.delete(feed)
        instance.finish(feed.table)
      }
      await instance.settle()
      records += took
      report()
      if (took === 0 && open.size > 0) await clock.sleep(pauseMs, options.signal)
    }
    report()
  } finally {
    for (const feed of feeds) await feed.close()
  }
}

interface Feed {
  readonly table: string
  read(instance: ChangelogInstance): Promise<{ taken: number; done: boolean }>
  close(): Promise<void>
}

async function openFeed(options: QueryRunOptions, table: TableInfo): Promise<Feed> {
  const decoder = decoderOf(table)
  const name = table.options.connector ?? 'stream'
  if (name === 'stream') return new StreamFeed(table, decoder, options)
  const connector = options.connectors.get(name)
  if (connector?.source === undefined) {
    const known = [
      'stream',
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
  return new SourceFeed(table, decoder, source)
}

class SourceFeed implements Feed {
  readonly table: string
  readonly #decoder: Decoder
  readonly #source: Source
  readonly #builder = new MemoryBuilder()

  constructor(table: TableInfo, decoder: Decoder, source: Source) {
    this.table = table.name
    this.#decoder = decoder
    this.#source = source
  }

  async read(instance: ChangelogInstance): Promise<{ taken: number; done: boolean }> {
    this.#builder.reset()
    const { taken, done } = await this.#source.read([this.#builder], readBytes)
    for (const data of this.#builder.records) pushRecord(instance, this.table, this.#decoder, data, '0')
    return { taken, done }
  }

  async close(): Promise<void> {
    await this.#source.close()
  }
}

/** A stream of a data directory: from its oldest record, and on with what an app appends. */
class StreamFeed implements Feed {
  readonly table: string
  readonly #stream: string
  readonly #store: Store
  readonly #decoder: Decoder
  readonly #positions: number[]

  constructor(table: TableInfo, decoder: Decoder, { store }: QueryRunOptions) {
    this.table = table.name
    this.#stream = table.options.stream ?? table.name
    if (store === undefined) {
      throw new MillraceError(
        'SQL_CONNECTOR_UNKNOWN',
        `Table ${table.name} reads a stream, but the shell has no data directory.`,
        { next: 'Start it with --data-dir DIR, that of the app whose streams you want to see.' },
      )
    }
    const info = store.stream(this.#stream)
    if (info === undefined) {
      const names = store.streams().map(({ name }) => name)
      throw new MillraceError('DATA_STREAM_UNKNOWN', `${store.dir} has no stream "${this.#stream}".`, {
        next: `It has: ${names.join(', ') || 'no streams yet'}.`,
      })
    }
    this.#store = store
    this.#decoder = decoder
    this.#positions = info.shardInfos.map(({ oldest }) => oldest)
  }

  async read(instance: ChangelogInstance): Promise<{ taken: number; done: boolean }> {
    let taken = 0
    while (this.#positions.length < this.#store.shardCount(this.#stream)) this.#positions.push(0)
    for (const [shard, position] of this.#positions.entries()) {
      const limits = { maxRecords: 10_000, maxBytes: readBytes }
      for (const batch of this.#store.read(this.#stream, shard, position, limits).batches) {
        if ('reason' in batch) {
          this.#positions[shard] = batch.nextSequence
          continue
        }
        for (let i = Math.max(0, position - batch.firstSequence); i < batch.count; i++) {
          const data = batch.bytes.subarray(batch.dataStart[i]!, batch.dataStart[i + 1]!)
          pushRecord(instance, this.table, this.#decoder, data, String(shard))
          taken++
        }
        this.#positions[shard] = batch.firstSequence + batch.count
      }
      const { closedAt, next } = this.#store.shard(this.#stream, shard)
      // What was split or merged and is read to its end says nothing about time any more.
      if (closedAt !== undefined && this.#positions[shard] === next)
        instance.endShard(this.table, String(shard))
    }
    return { taken, done: false }
  }

  async close(): Promise<void> {}
}

/** What is no record of the table is passed over: the shell is for looking. */
function pushRecord(
  instance: ChangelogInstance,
  table: string,
  decoder: Decoder,
  data: Uint8Array,
  shard: string,
): void {
  decoder.decode(data, (row, kind) => instance.push(table, row, kind, { record: -1, shard }))
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
