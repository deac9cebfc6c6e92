/**
 * The port of table rules: which tables are captured, which of their rows, and what becomes of names and columns. Read from the
 * plain list of an app (`['shop.orders', 'shop.%']`), or from the table mappings of AWS DMS.
 */
import type { LogEvent } from '../model/log-event.ts'
import type { TableName, TableSchema } from '../model/table-schema.ts'

export interface TableRules {
  isSelected(table: TableName & { readonly type?: 'table' | 'view' }): boolean
  /** Higher ones are loaded first; 0 unless a rule says otherwise. */
  loadOrder(table: TableName): number
  /** Schemas that no rule names by wildcard-free text, for the message when nothing was found. */
  describe(): string
  /** Rules of one schema, compiled once for each schema object. Throws CDC_RULES_INVALID where a rule names a missing column. */
  forTable(schema: TableSchema): TableTransform
  /** The object mapping that goes with a transformed schema; for envelopes. */
  mappingOf(transformed: TableSchema): ObjectMapping | undefined
}

export interface TableTransform {
  /** After renames, removals and additions. */
  readonly schema: TableSchema
  /**
   * The event as rules leave it; undefined: filtered out. A change by which a row enters or leaves the filter stays as it is,
   * since filters are for columns that do not change.
   */
  apply(event: LogEvent): LogEvent | undefined
  /** Object mapping: how the partition key and the attributes are made; undefined: as the envelope's settings say. */
  readonly mapping: ObjectMapping | undefined
}

/** `map-record-to-record` and `map-record-to-document` of DMS. */
export interface ObjectMapping {
  readonly action: 'map-record-to-record' | 'map-record-to-document'
  readonly partitionKeyType:
    | 'schema-table'
    | 'transaction-id'
    | 'primary-key'
    | 'constant'
    | 'attribute-name'
    | undefined
  /** Text of the key for a row of the transformed schema; undefined where the envelope decides. */
  partitionKey(row: readonly unknown[]): string | undefined
  readonly excludeColumns: readonly string[]
  readonly attributes: readonly AttributeMapping[]
}

export interface AttributeMapping {
  readonly target: string
  readonly type: 'scalar' | 'document'
  readonly subType: 'string' | 'json'
  /** Text with `${column}` in it, or a tree of such texts. */
  readonly value: unknown
}
