/**
 * What all parts of the binder share: the function tables, the diagnostics, and what the program has declared so far.
 */
import type { Schema, SqlType } from '@millrace/values'
import type { DiagnosticList } from '../diagnostic/diagnostic.ts'
import type { AggregateFunction, ScalarFunction } from '../functions/index.ts'
import type { HostFunctions } from '../host-function.ts'
import type { DerivedTable, Expr, PlanNode } from '../plan.ts'
import type { Span } from '../span.ts'
import type { DialectName } from '../syntax/dialect.ts'

export interface FunctionTables {
  scalar(name: string): ScalarFunction | undefined
  aggregate(name: string): AggregateFunction | undefined
  /** For suggestions. */
  names(): readonly string[]
}

export type Relation =
  | {
      readonly kind: 'stream'
      readonly name: string
      readonly schema: Schema
      readonly origin: 'input' | 'declared'
      readonly span: Span
      readonly columnSpans: readonly Span[]
      /** Columns at the end that `*` leaves out; see metadata.ts. */
      readonly hidden?: number
    }
  | { readonly kind: 'table'; readonly name: string; readonly schema: Schema }
  | { readonly kind: 'view'; readonly name: string; readonly node: PlanNode; readonly span: Span }

/** CREATE FUNCTION: `body` is over a row of the parameters. */
export interface UserFunction {
  readonly name: string
  readonly parameters: readonly { readonly name: string; readonly type: SqlType }[]
  readonly returns: SqlType
  readonly nullOnNull: boolean
  readonly body: Expr
}

/** Columns from here on stand for those of lookups that subqueries make; see bind-subquery.ts. */
export const subqueryPlaceholder = 3_000_000

export interface BinderContext {
  readonly dialect: DialectName
  readonly functions: FunctionTables
  readonly diagnostics: DiagnosticList
  readonly relations: Map<string, Relation>
  /** By name, then in the order of declaration: overloads differ in their parameters. */
  readonly userFunctions: Map<string, UserFunction[]>
  /**
   * Functions of the host by the name in upper case that the program calls them by. A call of one is a CallExpr with the
   * name that it is registered by, `host.name` in upper case.
   */
  readonly hosts?: HostFunctions
  /** Number of nodes of calls made so far, to refuse what grows too large. */
  readonly sizes: WeakMap<Expr, number>
  /** Tables that queries over reference tables and constants have made so far. */
  readonly derived?: DerivedTable[]
  /** Plan nodes that uses of views have added so far. */
  viewNodes: number
}
