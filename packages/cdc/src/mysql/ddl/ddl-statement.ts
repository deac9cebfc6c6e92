/** What a statement says of tables, columns and keys, as it is written: names may lack their schema, types are not resolved. */

export interface WrittenName {
  /** Undefined: the session's. */
  readonly schema: string | undefined
  readonly table: string
}

/** A type as written, its synonyms resolved: `bigint` for INT8, `varchar` for NVARCHAR. */
export interface WrittenType {
  /** In lower case. `json` also on MariaDB. */
  readonly base: string
  /** The numbers in parentheses. */
  readonly numbers: readonly number[]
  readonly labels: readonly string[]
  readonly isUnsigned: boolean
  readonly isZerofill: boolean
  readonly charset: string | undefined
  readonly collation: string | undefined
  /** The attribute BINARY: the collation `..._bin` of the character set. */
  readonly isBinaryCollation: boolean
}

export interface WrittenColumn {
  readonly name: string
  readonly type: WrittenType
  /** Undefined: neither NULL nor NOT NULL is written. */
  readonly isNullable: boolean | undefined
  readonly isPrimary: boolean
  readonly isUnique: boolean
  readonly isAutoIncrement: boolean
  readonly isInvisible: boolean
  readonly generated: 'virtual' | 'stored' | undefined
  /** `CHECK (json_valid(itself))` */
  readonly isJsonChecked: boolean
}

export interface WrittenKey {
  readonly kind: 'primary' | 'unique' | 'other'
  readonly name: string | undefined
  readonly columns: readonly string[]
  readonly isPartial: boolean
}

export interface CharsetChoice {
  readonly charset: string | undefined
  readonly collation: string | undefined
}

/** `first`, or behind the column of this name. */
export type ColumnPlace = { readonly after: string } | 'first' | undefined

export type AlterAction =
  | {
      readonly kind: 'add-column'
      readonly column: WrittenColumn
      readonly place: ColumnPlace
      readonly ifNotExists: boolean
    }
  | {
      readonly kind: 'change-column'
      readonly name: string
      readonly column: WrittenColumn
      readonly place: ColumnPlace
    }
  | { readonly kind: 'rename-column'; readonly name: string; readonly to: string }
  | { readonly kind: 'drop-column'; readonly name: string }
  | { readonly kind: 'set-visible'; readonly name: string; readonly isInvisible: boolean }
  | { readonly kind: 'add-key'; readonly key: WrittenKey; readonly ifNotExists: boolean }
  | { readonly kind: 'drop-key'; readonly name: string }
  | { readonly kind: 'rename-key'; readonly name: string; readonly to: string }
  | { readonly kind: 'rename-table'; readonly to: WrittenName }
  | ({ readonly kind: 'convert' } & CharsetChoice)
  | ({ readonly kind: 'default-charset' } & CharsetChoice)
  /** Rows come or go, and the log does not say which. `with`: the table that they are exchanged with. */
  | { readonly kind: 'unlogged-rows'; readonly what: string; readonly with: WrittenName | undefined }

export type DdlStatement =
  | ({
      readonly kind: 'create-table'
      readonly name: WrittenName
      readonly ifNotExists: boolean
      readonly orReplace: boolean
      readonly columns: readonly WrittenColumn[]
      readonly keys: readonly WrittenKey[]
      readonly like: WrittenName | undefined
      /** Columns come from a query as well, which only a log by statements has. */
      readonly hasQuery: boolean
    } & CharsetChoice)
  | { readonly kind: 'alter-table'; readonly name: WrittenName; readonly actions: readonly AlterAction[] }
  | {
      readonly kind: 'rename-tables'
      readonly pairs: readonly { readonly from: WrittenName; readonly to: WrittenName }[]
    }
  | { readonly kind: 'drop-tables'; readonly names: readonly WrittenName[] }
  | { readonly kind: 'truncate'; readonly name: WrittenName }
  | ({
      readonly kind: 'create-schema'
      readonly schema: string
      readonly ifNotExists: boolean
    } & CharsetChoice)
  | ({ readonly kind: 'alter-schema'; readonly schema: string | undefined } & CharsetChoice)
  | { readonly kind: 'drop-schema'; readonly schema: string }
  /** The log is not by rows: rows of these tables may have changed. */
  | { readonly kind: 'changes-rows'; readonly verb: string; readonly names: readonly WrittenName[] }
  /** The log is not by rows: a function changes rows of tables that nobody names. `text`: up to its arguments. */
  | { readonly kind: 'calls-function'; readonly text: string }
  /** Nothing that columns, keys or rows of tables depend on. */
  | { readonly kind: 'harmless' }
