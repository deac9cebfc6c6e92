/** The port to envelopes: what a record says about rows, in the words of whoever sent it. */

/** Takes the changes of one record, in order; what one of them refuses undoes all of the record's. */
export interface ChangeSink {
  /** The row of the JSON object in bytes[start, end), as it is now. */
  upsert(bytes: Uint8Array, start: number, end: number): RecordFault | undefined
  /** The row with the key of that object is gone. */
  remove(bytes: Uint8Array, start: number, end: number): RecordFault | undefined
  /** Whether two objects have the same key, told by their bytes: a doubt is a no. */
  sameKey(a: ObjectPlace, b: ObjectPlace): boolean
  /** All rows are gone. */
  truncate(): void
}

export interface ObjectPlace {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}

/** Why a record goes to the errors. */
export interface RecordFault {
  readonly code: string
  readonly message: string
}

/** Filtered: it carries no row by design. */
export type EnvelopeOutcome = 'taken' | 'filtered' | RecordFault

export interface Envelope {
  read(data: Uint8Array, sink: ChangeSink): EnvelopeOutcome
}

/** A key that has changed: the row under the old one is gone, unless both are the same. */
export function moved(sink: ChangeSink, before: ObjectPlace, after: ObjectPlace): RecordFault | undefined {
  if (!sink.sameKey(before, after)) {
    const fault = sink.remove(before.bytes, before.start, before.end)
    if (fault !== undefined) return fault
  }
  return sink.upsert(after.bytes, after.start, after.end)
}

export function unreadable(offset: number, reason: string): RecordFault {
  return { code: 'Iceberg.ParseError', message: `The record is no JSON. Byte ${offset}: ${reason}.` }
}

export function misfit(message: string): RecordFault {
  return { code: 'Iceberg.EnvelopeInvalid', message }
}
