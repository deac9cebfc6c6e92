/** A dead letter on its way back: to handlers it is the record that it was, to its lane one of the redrive stream. */
import { type LetterHistory, redriven } from '../dead-letters/redrive-record.ts'
import { BatchRecord } from '../stream-record.ts'

export class RedrivenRecord extends BatchRecord {
  readonly history: LetterHistory
  private readonly carrier: BatchRecord

  constructor(original: BatchRecord, history: LetterHistory, carrier: BatchRecord) {
    super(original.batch, original.index)
    this.history = history
    this.carrier = carrier
  }

  override get position(): number {
    return this.carrier.position
  }

  override get loggedAtMs(): number {
    return this.carrier.loggedAtMs
  }
}

/** The original of a record of a redrive stream; one that was put there by hand stands for itself. */
export function originalOf(carrier: BatchRecord): BatchRecord {
  const found = redriven(carrier)
  return found === undefined ? carrier : new RedrivenRecord(found.record, found.history, carrier)
}
