/**
 * Metadata of the source's records as columns behind the mapped ones: when the record was accepted, its shard, its
 * partition key and its sequence number. Filled after the rows of a piece are mapped; a record may have made several rows.
 */
import { type Field, makeBatch, RowBatch, resetBatch, writeCell } from '@millrace/values'
import type { Records } from './shard-cursor.ts'

const decoder = new TextDecoder()

export class MetadataColumns {
  private readonly fields: readonly Field[]
  private readonly own: RowBatch
  private whole: RowBatch | undefined

  constructor(fields: readonly Field[]) {
    this.fields = fields
    this.own = makeBatch({ fields }, 2048)
  }

  reset(): void {
    resetBatch(this.own)
  }

  /** Fills rows [from, length) of `rows`, which came from the records of a piece whose first one has index `base`. */
  fill(rows: RowBatch, from: number, { batch, from: first }: Records, base: number): void {
    const { own, fields } = this
    own.reserve(rows.length)
    for (let row = from; row < rows.length; row++) {
      const index = rows.origin[row]! - base + first
      fields.forEach(({ name, type }, c) => {
        writeCell(own.columns[c]!, row, type, metadataOf(name, batch, index))
      })
    }
    own.length = rows.length
  }

  /** The mapped columns with these behind them. */
  behind(mapped: RowBatch): RowBatch {
    this.whole ??= new RowBatch([...mapped.columns, ...this.own.columns])
    const { whole } = this
    whole.length = mapped.length
    whole.rowtime = mapped.rowtime
    whole.origin = mapped.origin
    whole.weight = mapped.weight
    return whole
  }
}

function metadataOf(name: string, batch: Records['batch'], index: number): number | string | null {
  switch (name) {
    case 'APPROXIMATE_ARRIVAL_TIME':
      return Math.floor(batch.arrivalTime)
    case 'SHARD_ID':
      return `shardId-${String(batch.shard).padStart(12, '0')}`
    case 'PARTITION_KEY':
      return decoder.decode(batch.bytes.subarray(batch.keyStart[index]!, batch.keyStart[index + 1]!))
    case 'SEQUENCE_NUMBER':
      return String(batch.firstSequence + index)
    default:
      return null
  }
}
