/**
 * Writing the records of one call to a delivery's own stream: the delivery's rate in the order of the call, the running group of
 * puts, the ids. A call is `add` for each record in one turn, then `finish`; then the writer answers what became of each record. An
 * id is the record's sequence number in the stream, so ids are unique in their delivery and tell the order of arrival.
 * No allocation per record.
 */

import { PlacedNumbers } from '../../puts/placed-numbers.ts'
import type { PutGroups, StreamPut } from '../../puts/put-group.ts'
import type { StreamLayouts } from '../../puts/stream-layouts.ts'
import { WireError } from '../../wire/wire-error.ts'
import { deliveryNotFound, invalidArgument } from '../faults.ts'
import type { FirehoseContext } from '../firehose-operation.ts'
import type { FoundDelivery } from '../found-delivery.ts'
import { encryptionStatus } from '../operations/encryption.ts'
import { type DeliveryMeters, observeLimits } from './delivery-meters.ts'
import type { DeliveryRates } from './delivery-rates.ts'

export interface WriterParts {
  readonly context: FirehoseContext
  readonly groups: PutGroups
  readonly layouts: StreamLayouts
  readonly rates: DeliveryRates
  readonly meters: DeliveryMeters
}

export type RecordOutcome = 'stored' | 'throttled' | 'failed'

const noKey = new Uint8Array(0)
const THROTTLED = -1

export class DirectWriter {
  /** Of the records accepted. */
  bytes = 0
  accepted = 0
  throttled = 0
  readonly isEncrypted: boolean
  /** THROTTLED for records that were refused. */
  readonly shards: Int32Array
  readonly indexes: Uint32Array
  readonly #parts: WriterParts
  readonly #delivery: { readonly name: string; readonly createdAt: number }
  readonly #part: StreamPut
  readonly #shard: number
  readonly #now: number
  readonly #wantsGzip: boolean
  #count = 0
  #numbers: PlacedNumbers | undefined

  /** Errors: those of a delivery that takes no records. */
  constructor(parts: WriterParts, { name, account, record, notes }: FoundDelivery, records: number) {
    const { context } = parts
    if (record.settings.source.kind !== 'direct') {
      throw invalidArgument('This operation is not permitted on KinesisStreamAsSource delivery stream type.')
    }
    const stream = context.streams.directStream(name)
    const info = parts.layouts.of(stream)
    if (info === undefined) throw deliveryNotFound(name, account)
    this.#parts = parts
    this.#delivery = { name, createdAt: record.createdAt }
    this.#part = parts.groups.part(info)
    // All records have the same key.
    this.#shard = context.store.route(stream, noKey, 0, 0)
    this.#now = context.clock.now()
    this.#wantsGzip = record.settings.unpack?.decompression !== undefined
    this.isEncrypted = encryptionStatus(notes, this.#now) === 'ENABLED'
    this.shards = new Int32Array(records)
    this.indexes = new Uint32Array(records)
    observeLimits(parts.meters.of(name), context.limits)
  }

  /**
   * Whether the delivery takes this record: where logs are unpacked, only what is compressed as CloudWatch Logs does it. To be asked
   * of all records before the first is added. Error: InvalidSourceException.
   */
  check(data: Uint8Array, start: number, end: number): void {
    if (!this.#wantsGzip || (end - start > 2 && data[start] === 0x1f && data[start + 1] === 0x8b)) return
    throw new WireError(
      'InvalidSourceException',
      'Only requests from CloudWatch Logs are supported when CloudWatch Logs decompression is enabled: records have to be GZIP.',
    )
  }

  add(data: Uint8Array, start: number, end: number): void {
    const i = this.#count++
    const bytes = end - start
    if (!this.#parts.rates.takeRecord(this.#delivery, bytes, this.#now)) {
      this.shards[i] = THROTTLED
      this.throttled++
      return
    }
    const builder = this.#part.builder(this.#shard)
    this.shards[i] = this.#shard
    this.indexes[i] = builder.count
    builder.add(noKey, 0, 0, data, start, end, 0)
    this.bytes += bytes
    this.accepted++
  }

  /** Resolves when the accepted records are durable, or could not be made so. */
  async finish(): Promise<void> {
    if (this.accepted === 0) return
    this.#part.addPlacement(this)
    this.#parts.groups.added(this.bytes)
    await this.#part.done
    if (this.failure === undefined) this.#numbers = new PlacedNumbers(this.#part)
  }

  /** Why the accepted records were not stored. */
  get failure(): unknown {
    return this.#part.failure
  }

  get stored(): number {
    return this.failure === undefined ? this.accepted : 0
  }

  outcome(i: number): RecordOutcome {
    if (this.shards[i] === THROTTLED) return 'throttled'
    return this.failure === undefined ? 'stored' : 'failed'
  }

  recordId(i: number): string {
    return this.#mustNumbers().text(this.shards[i]!, this.indexes[i]!)
  }

  /** Writes the digits of a stored record's id. */
  writeRecordId(i: number, bytes: Uint8Array, at: number): void {
    this.#mustNumbers().writeTo(this.shards[i]!, this.indexes[i]!, bytes, at)
  }

  #mustNumbers(): PlacedNumbers {
    if (this.#numbers === undefined) throw new Error('gateway invariant: the records have no ids yet')
    return this.#numbers
  }
}
