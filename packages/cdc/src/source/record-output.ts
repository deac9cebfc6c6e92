/**
 * From changes to records in the builders of a read: rules, envelope, bytes, shard. What no stream can hold becomes a dead letter.
 * Every change is counted once for each record that it makes, or as filtered where it makes none:
 * taken = appended + dead + filtered.
 *
 * Cost per record: two texts written into buffers of our own, one hash of the key, one copy; nothing is allocated here.
 */
import type { SourceRead } from '@millrace/runtime'
import { RECORD_DATA_BYTES_MAX, type RecordBatchBuilder } from '@millrace/store'
import { CodedError } from '@millrace/values'
import type { Envelope } from '../envelope/envelope.ts'
import type { LogEvent } from '../model/log-event.ts'
import { type TableSchema, tableText } from '../model/table-schema.ts'
import type { TableTransform } from '../rules/table-rules.ts'
import type { ShownTable } from './shown-columns.ts'

export type DeadRecord = SourceRead['dead'][number]

/** How changes of one schema of a table become what envelopes see. */
export interface ChangeRoute {
  readonly transform: TableTransform
  readonly shown: ShownTable | undefined
}

/** Bytes of a dead letter's data at most; what is larger is cut, since the letter is there for people to look at. */
const deadBytesMax = 1 << 20
/** Partition keys have 1 to 256 characters, as in Kinesis: less than the bytes that the store takes, whatever they are. */
const keyCharactersMax = 256
/** What this cannot spoil: a value that a text cannot hold makes one change unreadable, not the stream. */
const changeErrors = new Set(['CDC_VALUE_INVALID', 'CDC_RECORD_INVALID'])

export class RecordOutput {
  taken = 0
  filtered = 0
  dead: DeadRecord[] = []
  bytes = 0
  /** Records of the change at hand. */
  #emitted = 0
  /** Set while changes of a quarantined table are written: why they are dead. */
  #deadReason: string | undefined
  /** For the place of a dead letter; set before each change. */
  #event: LogEvent | undefined
  #table: TableSchema | undefined
  #maxBytes = 0
  #nowUs = 0
  #builders: readonly RecordBatchBuilder[] = []
  #data = Buffer.allocUnsafe(1 << 16)
  readonly #key = Buffer.allocUnsafe(keyCharactersMax * 3)
  readonly #route: (key: Uint8Array, start: number, end: number) => number
  readonly #envelope: Envelope
  readonly #emit = (key: string, data: string): void => this.#record(key, data)

  constructor(envelope: Envelope, route: (key: Uint8Array, start: number, end: number) => number) {
    this.#envelope = envelope
    this.#route = route
  }

  begin(builders: readonly RecordBatchBuilder[], maxBytes: number): void {
    this.taken = 0
    this.filtered = 0
    this.dead = []
    this.bytes = 0
    this.#builders = builders
    this.#maxBytes = maxBytes
  }

  /** Time that records of the next changes carry. */
  set nowMs(value: number) {
    this.#nowUs = Math.round(value * 1000)
  }

  get isFull(): boolean {
    return this.bytes >= this.#maxBytes
  }

  change(event: LogEvent, route: ChangeRoute): void {
    const shown = route.shown === undefined ? event : shownEvent(event, route.shown)
    this.#event = event
    this.#emitted = 0
    try {
      const left = route.transform.apply(shown)
      if (left !== undefined) this.#envelope.encode(left, this.#nowUs, this.#emit)
    } catch (error) {
      if (!(error instanceof CodedError) || !changeErrors.has(error.code)) throw error
      this.#deadRecord(undefined, error.code, error.message)
    }
    if (this.#emitted === 0) {
      this.taken++
      this.filtered++
    }
  }

  /** The change becomes dead letters, for a reason that a user can act on. */
  deadChange(event: LogEvent, route: ChangeRoute, reason: string): void {
    this.#deadReason = reason
    try {
      this.change(event, route)
    } finally {
      this.#deadReason = undefined
    }
  }

  /** Control records of a table, before everything else of it. */
  beginTable(route: ChangeRoute): void {
    this.#event = undefined
    this.#table = route.transform.schema
    this.#envelope.begin(route.transform.schema, this.#nowUs, this.#emit)
  }

  #record(key: string, data: string): void {
    this.#emitted++
    if (this.#deadReason !== undefined) {
      this.#deadRecord(data, 'CDC_SCHEMA_CHANGED', this.#deadReason)
      return
    }
    if (key.length === 0 || key.length > keyCharactersMax) {
      this.#deadKey(key, data)
      return
    }
    // A UTF-16 unit becomes three bytes at most.
    if (data.length * 3 > this.#data.length) this.#grow(data.length)
    const dataBytes = data.length > RECORD_DATA_BYTES_MAX ? Infinity : this.#data.write(data, 0)
    if (dataBytes > RECORD_DATA_BYTES_MAX) {
      this.#deadData(data)
      return
    }
    const keyBytes = this.#key.write(key, 0)
    // The route may make a builder for a shard that is new, so it comes first.
    const shard = this.#route(this.#key, 0, keyBytes)
    this.#builders[shard]!.add(this.#key, 0, keyBytes, this.#data, 0, dataBytes, 0)
    this.taken++
    this.bytes += keyBytes + dataBytes
  }

  #grow(characters: number): void {
    if (characters <= RECORD_DATA_BYTES_MAX) this.#data = Buffer.allocUnsafe(characters * 3)
  }

  #deadKey(key: string, data: string): void {
    this.#deadRecord(
      data,
      'CDC_RECORD_INVALID',
      `A record of ${this.#place()} has a partition key of ${key.length} characters, but 1 to ${keyCharactersMax} are ` +
        'allowed. Choose another partition key in the envelope or the mapping.',
    )
  }

  #deadData(data: string): void {
    this.#deadRecord(
      data,
      'CDC_RECORD_INVALID',
      `A record of ${this.#place()} has more than ${RECORD_DATA_BYTES_MAX} bytes, which no stream takes (${data.length} ` +
        `characters). This letter holds its beginning. Remove a large column by a rule.`,
    )
  }

  #deadRecord(data: string | undefined, code: string, message: string): void {
    if (data === undefined) this.#emitted++
    const bytes = Buffer.from((data ?? eventText(this.#event)).slice(0, deadBytesMax))
    this.dead.push({ data: bytes, code, message, place: this.#place() })
    this.taken++
    this.bytes += bytes.length
  }

  #place(): string {
    const event = this.#event
    const table = event === undefined ? this.#table : event.table
    const name = table === undefined ? '' : tableText(table)
    const transaction = event?.transaction
    return transaction === undefined ? name : `${name} ${transaction.place} ${event?.order ?? 0}`
  }
}

function shownEvent(event: LogEvent, shown: ShownTable): LogEvent {
  if (event.kind === 'schema') return event
  if (event.kind === 'truncate') return { ...event, table: shown.schema }
  return {
    ...event,
    table: shown.schema,
    before: event.before === undefined ? undefined : shown.row(event.before),
    after: event.after === undefined ? undefined : shown.row(event.after),
  }
}

/** For people, of a change that no envelope could write. */
function eventText(event: LogEvent | undefined): string {
  if (event?.kind !== 'row') return ''
  const { operation, table, before, after } = event
  const columns = table.columns.map(({ name }) => name)
  return JSON.stringify(
    { operation, table: tableText(table), columns, before, after },
    (_, value: unknown) =>
      typeof value === 'bigint'
        ? String(value)
        : value instanceof Uint8Array
          ? Buffer.from(value).toString('hex')
          : value,
  )
}
