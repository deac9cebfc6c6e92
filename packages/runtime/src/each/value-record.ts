/** A record whose data are decoded when its value is asked for, once. */
import { messageOf, RuntimeError } from '../errors.ts'
import type { StreamRecord } from '../function-api.ts'
import { BatchRecord, placeOf } from '../stream-record.ts'
import type { EachRecord } from './each-api.ts'

export type Decode = (record: StreamRecord) => unknown

export class ValueRecord extends BatchRecord implements EachRecord {
  private readonly decode: Decode | undefined
  private decoded = false
  private found: unknown

  /** Without `decode` the value is the parsed JSON. */
  constructor(record: BatchRecord, decode: Decode | undefined) {
    super(record.batch, record.index)
    this.decode = decode
  }

  get value(): unknown {
    if (this.decoded) return this.found
    this.found = this.decode === undefined ? this.json() : this.decodeWith(this.decode)
    this.decoded = true
    return this.found
  }

  private decodeWith(decode: Decode): unknown {
    try {
      return decode(this)
    } catch (cause) {
      throw new RuntimeError('RECORD_NOT_DECODED', {
        place: placeOf(this),
        what: `its data cannot be decoded: ${messageOf(cause)}`,
        next: 'Mend its producer, or the decoding of the function and redrive it',
        cause,
        records: [{ stream: this.stream, shard: this.shard, sequence: this.sequence }],
      })
    }
  }
}
