/**
 * SQL types as both dialects share them. A type says what a value means; `physicalKind` says how a column holds it.
 * Units: DATE days since 1970-01-01, TIME ms of the day, TIMESTAMP ms since the epoch (UTC), INTERVAL_DAY ms,
 * INTERVAL_MONTH months. DECIMAL is held as an integer scaled by 10^scale, BOOLEAN as 0 or 1.
 */
export type SqlType =
  | { readonly kind: 'BOOLEAN' }
  | { readonly kind: 'TINYINT' }
  | { readonly kind: 'SMALLINT' }
  | { readonly kind: 'INTEGER' }
  | { readonly kind: 'BIGINT' }
  | { readonly kind: 'REAL' }
  | { readonly kind: 'DOUBLE' }
  | { readonly kind: 'DECIMAL'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'CHAR'; readonly length: number }
  /** `json`: the text is the result of a JSON constructor, which another constructor takes in as it is. */
  | { readonly kind: 'VARCHAR'; readonly length: number; readonly json?: true }
  | { readonly kind: 'BINARY'; readonly length: number }
  | { readonly kind: 'VARBINARY'; readonly length: number }
  | { readonly kind: 'DATE' }
  | { readonly kind: 'TIME' }
  /** `precision`: digits of the second that the type shows, 0 to 9; 3 if absent. Values hold ms. */
  | { readonly kind: 'TIMESTAMP'; readonly precision?: number }
  | { readonly kind: 'INTERVAL_DAY' }
  | { readonly kind: 'INTERVAL_MONTH' }
  /** An instant, ms since the epoch; shown in the session's zone. */
  | { readonly kind: 'TIMESTAMP_LTZ'; readonly precision?: number }
  | { readonly kind: 'ARRAY'; readonly element: SqlType }
  | { readonly kind: 'MULTISET'; readonly element: SqlType }
  | { readonly kind: 'MAP'; readonly key: SqlType; readonly value: SqlType }
  | { readonly kind: 'ROW'; readonly fields: readonly Field[] }
  /** The type of a bare NULL literal before the binder gives it another. */
  | { readonly kind: 'NULL' }

export type SqlTypeKind = SqlType['kind']

/** A named, typed column of a schema. */
export interface Field {
  readonly name: string
  readonly type: SqlType
  readonly nullable: boolean
}

export interface Schema {
  readonly fields: readonly Field[]
}
