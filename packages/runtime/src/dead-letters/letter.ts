/** A dead letter as its readers see it: the item of the table `dead-letters`, read once into a type (dead-letter.ts writes it). */
import type { EarlierFailure, OriginalPayload } from './redrive-record.ts'

export interface DeadLetter {
  readonly stage: string
  /** Where the record stood: STREAM/SHARD/SEQUENCE with leading zeros. Unique within the stage. */
  readonly id: string
  readonly error: {
    readonly code: string
    readonly name: string
    readonly message: string
    readonly stack?: string
  }
  /** ISO times of the first and the last attempt, over all lives. */
  readonly firstTime: string
  readonly lastTime: string
  /** Over all lives. Absent, as all below, where it means nothing: a stretch that cannot be read was never tried. */
  readonly attempts?: number
  readonly codeVersion?: string
  readonly stream?: string
  readonly shard?: number
  readonly sequence?: number
  readonly partitionKey?: string
  /** ms */
  readonly arrivalTime?: number
  /** Of a source's letter: where in its input it stood. */
  readonly place?: string
  /** The payload, base64; `text` is the same where it is UTF-8. */
  readonly data?: string
  readonly text?: string
  /** Of a stretch of the log that cannot be read: how many records it stands for. */
  readonly records?: number
  readonly nextSequence?: number
  readonly redrives?: number
  readonly failures?: readonly EarlierFailure[]
  readonly original?: OriginalPayload
}

const decoder = new TextDecoder()
const encoder = new TextEncoder()

export function readLetter(json: Uint8Array): DeadLetter {
  // Items of the table are written by dead-letter.ts and editLetter alone.
  return JSON.parse(decoder.decode(json)) as DeadLetter
}

export function writeLetter(letter: DeadLetter): Uint8Array {
  return encoder.encode(JSON.stringify(letter))
}

/** How many records the letter stands for. */
export function recordsIn(letter: DeadLetter): number {
  return letter.records ?? 1
}

/** Accepts a place without its leading zeros: `orders/0/12`. */
export function fullLetterId(id: string): string {
  const parts = /^(.+)\/(\d+)\/(\d+)$/.exec(id)
  if (parts === null) return id
  const [, stream = '', shard = '', sequence = ''] = parts
  return `${stream}/${shard.padStart(4, '0')}/${sequence.padStart(16, '0')}`
}
