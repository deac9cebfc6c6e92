/**
 * The port of an envelope: how a change becomes records of a stream. An envelope keeps what it compiled for a schema beside the
 * schema object, so that the hot path has no lookups by name.
 */
import type { DatabaseKind } from '../database/database.ts'
import type { LogEvent } from '../model/log-event.ts'
import type { TableSchema } from '../model/table-schema.ts'

/** Takes one record: text of the partition key (1 to 256 characters) and of the data. */
export type EmitRecord = (key: string, data: string) => void

/** What envelopes say of the source beside the change. */
export interface EnvelopeSource {
  /** Name of the source stage: Debezium's topic prefix, DMS' task. */
  readonly name: string
  readonly kind: DatabaseKind
  readonly version: string
  /** Postgres: the database. */
  readonly database: string
}

export interface Envelope {
  /** The records of one change, in order: none, one, or several (Debezium's tombstone, changes of keys). `nowUs`: microseconds since 1970. */
  encode(event: LogEvent, nowUs: number, emit: EmitRecord): void
  /** Records that stand before everything else of a table: control records. */
  begin(table: TableSchema, nowUs: number, emit: EmitRecord): void
  /** What a user should know of these settings, such as that each table lands on one shard. */
  warnings(): readonly { readonly code: string; readonly message: string }[]
}
