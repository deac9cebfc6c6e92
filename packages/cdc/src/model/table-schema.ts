/**
 * What a table of a database looks like at one place of its log. A `TableSchema` never changes: after a change of the table there
 * is another object, so that equal schemas can be recognised by identity and what was compiled for one be kept beside it.
 */

/** `schema` is what MySQL calls a database. Both are as the database spells them. */
export interface TableName {
  readonly schema: string
  readonly table: string
}

/**
 * What values of a column are, in few words that hold for every database; see `ColumnValue` for their form.
 * `other` is everything that has a text and no closer kind (ranges, hstore, money, inet, ...).
 */
export type ColumnKind =
  | 'boolean'
  | 'integer'
  | 'decimal'
  | 'float'
  | 'text'
  | 'bytes'
  | 'bits'
  | 'date'
  | 'time'
  | 'time-zoned'
  | 'datetime'
  | 'instant'
  | 'year'
  | 'interval'
  | 'uuid'
  | 'json'
  | 'enum'
  | 'set'
  | 'geometry'
  | 'array'
  | 'other'

export interface ColumnType {
  readonly kind: ColumnKind
  /** As the database writes it, in lower case: `int(10) unsigned`, `numeric(10,2)`, `timestamp with time zone`. */
  readonly native: string
  /** Of integers 8, 16, 24, 32 or 64; of floats 32 or 64; of `bits` their number. */
  readonly bits?: number
  readonly isUnsigned?: boolean
  /** Of decimals: digits in all; absent where the database sets no bound. */
  readonly precision?: number
  /** Of decimals: digits after the point. Of times: digits of the fraction of a second. */
  readonly scale?: number
  /** Characters of text, bytes of bytes, where they are bounded. */
  readonly length?: number
  /** Of `enum` and `set`, in their order. */
  readonly labels?: readonly string[]
  /** Of text, enum and set of MySQL: the character set that the log's bytes are in, `latin1`. Values are Unicode wherever they come from. */
  readonly charset?: string
  /** Of `array`. */
  readonly element?: ColumnType
  /** A LOB: text, JSON or bytes that may be large (MEDIUMTEXT and more, blobs above 64 KiB; no type of Postgres). */
  readonly isLarge?: boolean
}

export interface Column {
  readonly name: string
  readonly type: ColumnType
  readonly isNullable: boolean
}

export interface TableSchema extends TableName {
  readonly columns: readonly Column[]
  /** Indexes into `columns` of the key by which rows are told apart, in key order: the primary key, or what the log names instead. */
  readonly key: readonly number[]
  /** What only the database's adapter needs, to follow changes of the table: JSON, to be kept and given back with the schema. */
  readonly details?: { readonly [member: string]: unknown }
}

/** `schema.table`: for messages, positions and keys; names with dots make no difference there, since both parts are kept beside. */
export function tableText({ schema, table }: TableName): string {
  return `${schema}.${table}`
}
