/**
 * What a record says of one row or table, whatever its format: plain rows, or the envelopes of change data capture.
 */
import type { JsonMembers, JsonSlice } from './json-slice.ts'

export type ChangeFormat = 'row' | 'dms' | 'debezium' | 'flat'

export type Change =
  | RowWrite
  | {
      readonly kind: 'delete'
      readonly source: SourceTable | undefined
      /** The row's last values, at least its key. */
      readonly row: JsonMembers
      readonly schemas?: FieldSchemas
    }
  | { readonly kind: 'truncate'; readonly source: SourceTable | undefined }

export interface RowWrite {
  readonly kind: 'write'
  readonly source: SourceTable | undefined
  readonly row: JsonMembers
  /** All of `row`, for paths that lead into it. */
  readonly document: JsonSlice
  /** The row's values before, as far as the record tells them: a changed key is a deletion of the old one. */
  readonly before: JsonMembers | undefined
  readonly schemas?: FieldSchemas
}

/** Names as the record has them. */
export interface SourceTable {
  readonly schema: string
  readonly table: string
}

/** Of Debezium with schemas: what a field's value means. */
export type FieldSchemas = ReadonlyMap<string, FieldSchema>

export interface FieldSchema {
  /** `io.debezium.time.MicroTimestamp`, `org.apache.kafka.connect.data.Decimal` */
  readonly name: string
  readonly scale: number | undefined
}
