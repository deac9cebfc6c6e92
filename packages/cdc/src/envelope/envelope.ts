/**
 * The port of an envelope: how a change becomes records of a stream. An envelope keeps what it compiled for a schema beside the
 * schema object, so that the hot path has no lookups by name.
 */
import type { DatabaseKind } from '../database/database.ts'
import type { LogEvent } from '../model/log-event.ts'
import type { TableSchema } from '../model/table-schema.ts'
import type { TableRules } from '../rules/table-rules.ts'

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

/** What an envelope is made with beside its options. */
export interface EnvelopeContext {
  /** The rules that the events went through: object mappings stand there. */
  readonly rules?: Pick<TableRules, 'mappingOf'>
  /** What `state` gave at the position where reading goes on. */
  readonly state?: string
}

/** Events are those that the rules left: their tables are transformed schemas. */
export interface Envelope {
  /** The records of one change, in order: none, one, or several (Debezium's tombstone, changes of keys). `nowUs`: microseconds since 1970. */
  encode(event: LogEvent, nowUs: number, emit: EmitRecord): void
  /**
   * Records that stand before everything else of a table: control records. For tables that are there when they are first captured;
   * one that the log creates has its `create-table` event instead.
   */
  begin(table: TableSchema, nowUs: number, emit: EmitRecord): void
  /** What a user should know of these settings, such as that each table lands on one shard. */
  warnings(): readonly { readonly code: string; readonly message: string }[]
  /**
   * What later records depend on beside their event (numbers of transactions): kept with the position and given back in the
   * context. Undefined: nothing, with most settings.
   */
  state(): string | undefined
}
