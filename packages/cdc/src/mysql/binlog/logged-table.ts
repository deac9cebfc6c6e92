/**
 * What a table map of the log says of its table: always the types of its columns, the rest as far as `binlog_row_metadata` lets it.
 * MySQL's default (MINIMAL) says signedness and charsets; MariaDB's default (NO_LOG) says nothing of that; FULL says all that is here.
 */
import type { TableName } from '../../model/table-schema.ts'

export interface LoggedTable extends TableName {
  readonly columns: readonly LoggedColumn[]
  /** Indexes of the primary key's columns in key order; empty: it has none. Undefined: the log does not say. */
  readonly key: readonly number[] | undefined
  /** `binlog_row_metadata=FULL`: names, signedness, charsets, labels and key are all known. */
  readonly isComplete: boolean
}

export interface LoggedColumn {
  /** Type in the protocol's numbers (`columnCode`): that of the values, so `enum` and `set` are told from `char`. */
  readonly code: number
  /**
   * By the code: bytes at most (char, varchar, binary), bytes of the length (blob, json, geometry), bytes of a value (enum, set,
   * float, double), precision * 256 + scale (decimal), digits of the fraction (time, datetime, timestamp), bits (bit); else 0.
   */
  readonly metadata: number
  readonly isNullable: boolean
  /** Undefined: the log does not say; so for all below. */
  readonly name: string | undefined
  readonly isUnsigned: boolean | undefined
  /** Number of the collation of text, enum and set; 63 is `binary`. */
  readonly collation: number | undefined
  readonly labels: readonly string[] | undefined
  /** MySQL's numbers of geometry types: 0 GEOMETRY, 1 POINT, ... 7 GEOMETRYCOLLECTION. */
  readonly geometryType: number | undefined
  readonly isVisible: boolean | undefined
}

/** Numbers of types in table maps. */
export const columnCode = {
  decimalOld: 0,
  tiny: 1,
  short: 2,
  long: 3,
  float: 4,
  double: 5,
  null: 6,
  timestamp: 7,
  longlong: 8,
  int24: 9,
  date: 10,
  time: 11,
  datetime: 12,
  year: 13,
  newDate: 14,
  varchar: 15,
  bit: 16,
  timestamp2: 17,
  datetime2: 18,
  time2: 19,
  /** MariaDB: `... COMPRESSED`. */
  blobCompressed: 140,
  varcharCompressed: 141,
  vector: 242,
  json: 245,
  decimal: 246,
  enum: 247,
  set: 248,
  tinyBlob: 249,
  mediumBlob: 250,
  longBlob: 251,
  /** All blobs and texts; `metadata` tells which. */
  blob: 252,
  varString: 253,
  /** char and binary. */
  string: 254,
  geometry: 255,
} as const
