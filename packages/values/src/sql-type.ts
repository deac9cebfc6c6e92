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
  | { readonly kind: 'VARCHAR'; readonly length: number }
  | { readonly kind: 'BINARY'; readonly length: number }
  | { readonly kind: 'VARBINARY'; readonly length: number }
  | { readonly kind: 'DATE' }
  | { readonly kind: 'TIME' }
  | { readonly kind: 'TIMESTAMP' }
  | { readonly kind: 'INTERVAL_DAY' }
  | { readonly kind: 'INTERVAL_MONTH' }
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
