/**
 * The syntax tree: what was written, before any name is looked up. Every node has the span of its text. Names are in
 * their stored form: folded by the dialect unless quoted. Parentheses leave no trace; precedence is in the shape. Queries and
 * expressions are in query-tree.ts, statements here.
 */
import type { Span } from '../span.ts'
import type { Expression, Hint, Identifier, Node, Option, Query, TypeName } from './query-tree.ts'

export type * from './query-tree.ts'

export type Statement =
  | CreateStream
  | CreatePump
  | CreateView
  | CreateFunction
  | DropStatement
  | AlterPump
  | InsertStatement
  | QueryStatement
  | CreateTable
  | CreateHostFunction
  | AlterTable
  | StatementSet
  | ExplainStatement
  | ShowStatement
  | DescribeStatement
  | SetStatement
  | UseStatement

export interface CreateStream extends Node {
  readonly kind: 'create-stream'
  readonly replace: boolean
  readonly name: Identifier
  readonly columns: readonly ColumnDeclaration[]
  readonly description: string | undefined
  readonly options: readonly Option[]
}
export interface ColumnDeclaration extends Node {
  readonly name: Identifier
  readonly type: TypeName
  readonly notNull: boolean
}
export interface CreatePump extends Node {
  readonly kind: 'create-pump'
  readonly replace: boolean
  readonly name: Identifier
  readonly stopped: boolean
  readonly description: string | undefined
  readonly options: readonly Option[]
  readonly insert: InsertStatement
}
export interface CreateView extends Node {
  readonly kind: 'create-view'
  readonly replace: boolean
  readonly ifNotExists?: boolean
  readonly temporary?: boolean
  readonly name: Identifier
  readonly columns: readonly Identifier[] | undefined
  readonly description: string | undefined
  readonly query: Query
}
export interface CreateFunction extends Node {
  readonly kind: 'create-function'
  readonly replace: boolean
  readonly name: Identifier
  readonly parameters: readonly { readonly name: Identifier; readonly type: TypeName }[]
  readonly returns: TypeName
  readonly nullOnNull: boolean
  readonly body: Expression
}
export interface DropStatement extends Node {
  readonly kind: 'drop'
  readonly what: 'STREAM' | 'PUMP' | 'VIEW' | 'FUNCTION' | 'TABLE'
  readonly name: Identifier
  readonly temporary?: boolean
  readonly ifExists?: boolean
}
export interface AlterPump extends Node {
  readonly kind: 'alter-pump'
  readonly name: Identifier
  readonly action: 'START' | 'STOP'
  /** `schema.*`: all pumps; `name` is then the schema's. */
  readonly all?: boolean
}
export interface InsertStatement extends Node {
  readonly kind: 'insert'
  readonly expedited: boolean
  /** INSERT OVERWRITE. */
  readonly overwrite?: boolean
  readonly target: Identifier
  readonly hints?: readonly Hint[]
  readonly columns: readonly Identifier[] | undefined
  readonly query: Query
}
export interface QueryStatement extends Node {
  readonly kind: 'query'
  readonly query: Query
}

/** A column of CREATE TABLE. */
export type TableColumn =
  | {
      readonly kind: 'physical'
      readonly name: Identifier
      readonly type: TypeName
      readonly notNull: boolean
      /** `c TYPE PRIMARY KEY NOT ENFORCED`. */
      readonly primaryKey: boolean
      readonly comment?: string
      readonly span: Span
    }
  | {
      readonly kind: 'metadata'
      readonly name: Identifier
      readonly type: TypeName
      /** METADATA FROM 'key'; the column's name if absent. */
      readonly key: string | undefined
      readonly virtual: boolean
      readonly comment?: string
      readonly span: Span
    }
  | {
      readonly kind: 'computed'
      readonly name: Identifier
      readonly expression: Expression
      readonly comment?: string
      readonly span: Span
    }

/** CREATE [TEMPORARY] TABLE, its LIKE clause and AS query. */
export interface CreateTable extends Node {
  readonly kind: 'create-table'
  readonly temporary: boolean
  readonly ifNotExists: boolean
  readonly name: Identifier
  readonly columns: readonly TableColumn[]
  readonly watermark:
    | { readonly column: readonly Identifier[]; readonly expression: Expression; readonly span: Span }
    | undefined
  readonly primaryKey: readonly Identifier[] | undefined
  readonly comment: string | undefined
  readonly partitionedBy: readonly Identifier[]
  readonly options: readonly Option[]
  readonly like:
    | {
        readonly source: Identifier
        /** INCLUDING ALL, EXCLUDING CONSTRAINTS, OVERWRITING OPTIONS, ... in order. */
        readonly rules: readonly {
          readonly act: 'INCLUDING' | 'EXCLUDING' | 'OVERWRITING'
          readonly what:
            | 'ALL'
            | 'CONSTRAINTS'
            | 'DISTRIBUTION'
            | 'GENERATED'
            | 'METADATA'
            | 'OPTIONS'
            | 'PARTITIONS'
            | 'WATERMARKS'
        }[]
      }
    | undefined
  readonly query: Query | undefined
}
/** CREATE [TEMPORARY] [SYSTEM] FUNCTION f AS 'id' [LANGUAGE l]: a function of the host under another name. */
export interface CreateHostFunction extends Node {
  readonly kind: 'create-host-function'
  readonly temporary: boolean
  readonly ifNotExists: boolean
  readonly name: Identifier
  readonly identifier: string
  readonly language: string | undefined
}
/** ALTER TABLE t SET ('k'='v', ...) and RESET ('k', ...); ALTER TABLE t RENAME TO u. */
export interface AlterTable extends Node {
  readonly kind: 'alter-table'
  readonly name: Identifier
  readonly set: readonly Option[]
  readonly reset: readonly string[]
  readonly rename: Identifier | undefined
}
/** EXECUTE STATEMENT SET BEGIN ... END, and BEGIN STATEMENT SET; ... END. */
export interface StatementSet extends Node {
  readonly kind: 'statement-set'
  readonly inserts: readonly InsertStatement[]
}
export interface ExplainStatement extends Node {
  readonly kind: 'explain'
  /** Words between EXPLAIN and the statement: 'PLAN FOR', 'CHANGELOG_MODE', 'ESTIMATED_COST', 'JSON_EXECUTION_PLAN'. */
  readonly details: readonly string[]
  readonly statement: Statement
}
export interface ShowStatement extends Node {
  readonly kind: 'show'
  readonly what: 'TABLES' | 'VIEWS' | 'FUNCTIONS' | 'CREATE TABLE' | 'CREATE VIEW' | 'STREAMS' | 'PUMPS'
  readonly name: Identifier | undefined
}
export interface DescribeStatement extends Node {
  readonly kind: 'describe'
  readonly name: Identifier
}
/** SET 'key' = 'value', RESET ['key']; SET alone lists. */
export interface SetStatement extends Node {
  readonly kind: 'set'
  readonly act: 'SET' | 'RESET'
  readonly key: string | undefined
  readonly value: string | undefined
}
/** USE name, USE CATALOG name: accepted, there is one catalog. */
export interface UseStatement extends Node {
  readonly kind: 'use'
  readonly name: readonly Identifier[]
}

export interface Tree extends Node {
  readonly statements: readonly Statement[]
}
