/**
 * Changes of one sink as records of a stream, keyed by the sink's key or by the source record's. They are collected in builders,
 * one for each shard, and appended by the commit of the stage.
 */
import { type Encoder, partitionKeyText, type Row, type RowKind } from '@millrace/sql'
import type { Store, Transaction } from '@millrace/store'
import { ShardBuilders } from './shard-builders.ts'
import type { SourceIndex } from './source-index.ts'

const encoder = new TextEncoder()
const noKey = encoder.encode('-')
const tombstone = new Uint8Array(0)

export class ChangeOutput {
  readonly from: string
  readonly stream: string
  private readonly encoder: Encoder
  private readonly key: readonly number[]
  private readonly builders: ShardBuilders

  constructor(
    definition: { readonly from: string; readonly stream: string },
    encoder: Encoder,
    key: readonly number[],
    store: Store,
  ) {
    this.from = definition.from
    this.stream = definition.stream
    this.encoder = encoder
    this.key = key
    this.builders = new ShardBuilders(store, definition.stream)
  }

  /** Returns how many records were added. */
  add(
    rows: readonly Row[],
    kinds: readonly RowKind[],
    origins: readonly number[],
    sources: SourceIndex,
  ): number {
    let added = 0
    for (const [i, row] of rows.entries()) {
      const data = this.recordOf(row, kinds[i]!)
      if (data === undefined) continue
      const known = sources.find(origins[i]!)
      const key = this.keyOf(row, known ? sources : undefined)
      const builder = this.builders.of(key, 0, key.length)
      builder.add(key, 0, key.length, data, 0, data.length, known ? sources.originTime : 0)
      added++
    }
    return added
  }

  /** A format without kinds says the last row of each key: -U needs no record, -D is an empty one (a tombstone). */
  private recordOf(row: Row, kind: RowKind): Uint8Array | undefined {
    if (this.encoder.takesChanges || kind === 0) return this.encoder.encode(row, kind)
    if (kind === 1) return undefined
    return kind === 2 ? this.encoder.encode(row, kind) : tombstone
  }

  get byteLength(): number {
    return this.builders.byteLength
  }

  commit(transaction: Transaction): void {
    this.builders.commit(transaction)
  }

  reset(): void {
    this.builders.reset()
  }

  private keyOf(row: Row, source: SourceIndex | undefined): Uint8Array {
    if (this.key.length > 0) return encoder.encode(partitionKeyText(row, this.key))
    if (source !== undefined && source.keyEnd > source.keyStart)
      return source.bytes.subarray(source.keyStart, source.keyEnd)
    return noKey
  }
}
