/**
 * The streams of a data directory that a query reads, merged into the one order in which every reader sees them, so that the query
 * gives what it would give as a stage of the app. Watermarks follow each shard as they do there.
 */
import { MergedInput, ShardLineage } from '@millrace/runtime'
import { type Decoder, decoderOf, type TableInfo } from '@millrace/sql'
import type { Store } from '@millrace/store'
import { MillraceError } from '../error.ts'
import type { QueryFeed, RowSink } from './query-feed.ts'

const readRecords = 2_000
const readBytes = 256 * 1024

interface Reader {
  readonly table: string
  readonly decoder: Decoder
  readonly lineage: ShardLineage
}

export class StreamsFeed implements QueryFeed {
  readonly tables: readonly string[]
  readonly #sink: RowSink
  readonly #input: MergedInput
  readonly #readers = new Map<string, Reader[]>()

  /** Errors: SQL_CONNECTOR_UNKNOWN, DATA_STREAM_UNKNOWN. */
  constructor(
    tables: readonly TableInfo[],
    given: Store | undefined,
    sink: RowSink,
    from: 'earliest' | 'latest',
  ) {
    this.tables = tables.map(({ name }) => name)
    this.#sink = sink
    for (const table of tables) {
      const store = mustStore(given, table, 'a stream')
      const stream = table.options.stream ?? table.name
      if (store.stream(stream) === undefined) {
        const names = store.streams().map(({ name }) => name)
        throw new MillraceError('DATA_STREAM_UNKNOWN', `${store.dir} has no stream "${stream}".`, {
          next: `It has: ${names.join(', ') || 'no streams yet'}.`,
        })
      }
      const place = { store, stream, table: table.name }
      const reader = {
        table: table.name,
        decoder: decoderOf(table),
        lineage: new ShardLineage(place, sink.instance, () => true),
      }
      this.#readers.set(stream, [...(this.#readers.get(stream) ?? []), reader])
    }
    const store = mustStore(given, tables[0], 'a stream')
    this.#input = new MergedInput(
      store,
      [...this.#readers.keys()].map((stream) => ({
        stream,
        positions: (store.stream(stream)?.shardInfos ?? []).map(({ oldest, next }) =>
          from === 'latest' ? next : oldest,
        ),
      })),
      (stream, shard) => {
        for (const { lineage } of this.#readers.get(stream) ?? []) lineage.join(shard)
      },
    )
  }

  async read(): Promise<{ taken: number; done: boolean }> {
    const { pieces } = this.#input.take(readRecords, readBytes)
    let taken = 0
    for (const piece of pieces) {
      if (piece.kind === 'stretch') continue
      const { batch } = piece
      const readers = this.#readers.get(batch.stream) ?? []
      const shard = String(batch.shard)
      for (const { lineage } of readers) lineage.begin(batch.shard)
      for (let i = piece.from; i < piece.to; i++) {
        const data = batch.bytes.subarray(batch.dataStart[i]!, batch.dataStart[i + 1]!)
        for (const { table, decoder } of readers) this.#sink.push(table, decoder, data, shard)
        taken++
      }
    }
    if (pieces.length === 0) this.#settle()
    return { taken, done: false }
  }

  async close(): Promise<void> {}

  /** What was split or merged and is read to its end says nothing about time any more. */
  #settle(): void {
    for (const [stream, readers] of this.#readers) {
      const positionOf = (shard: number): number =>
        this.#input.cursors.find((cursor) => cursor.stream === stream && cursor.shard === shard)?.position ??
        0
      for (const { lineage } of readers) lineage.settle(positionOf)
    }
  }
}

/** Error: SQL_CONNECTOR_UNKNOWN. */
export function mustStore(store: Store | undefined, table: TableInfo | undefined, what: string): Store {
  if (store !== undefined) return store
  throw new MillraceError(
    'SQL_CONNECTOR_UNKNOWN',
    `Table ${table?.name ?? ''} reads ${what}, but the shell has no data directory.`,
    { next: 'Start it with --data-dir DIR, that of the app whose streams you want to see.' },
  )
}
