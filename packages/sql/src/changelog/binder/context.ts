/**
 * What the parts of the Flink binder share. A query is bound to a ChangelogNode; a FROM item to a node with the scope of its
 * names; expressions by ../../binder/bind-expression.ts over that scope.
 */
import type { BinderContext } from '../../binder/context.ts'
import type { Scope } from '../../binder/scope.ts'
import type { HostFunctions } from '../../host-function.ts'
import type { Expr } from '../../plan.ts'
import type { Span } from '../../span.ts'
import type { FromItem, Query } from '../../syntax/tree.ts'
import type { ChangelogNode, TableInfo } from '../plan.ts'

/** A table, or a view: the query is bound anew at each use, unless `node` was bound already and can be shared. */
export type FlinkRelation =
  | { readonly kind: 'table'; readonly table: TableInfo }
  | {
      readonly kind: 'view'
      readonly name: string
      readonly temporary: boolean
      readonly node: ChangelogNode
      readonly text: string
    }

export interface FlinkContext {
  /** Diagnostics, function tables of the dialect; `relations` stays empty. */
  readonly base: BinderContext
  readonly relations: Map<string, FlinkRelation>
  /** WITH tables of the queries around, innermost last. */
  readonly ctes: readonly ReadonlyMap<string, ChangelogNode>[]
  /** By name in upper case. */
  readonly hosts: HostFunctions
  readonly settings: Map<string, string>
  /** Source nodes made so far by table and hints, so that a source is read once. */
  readonly sources: Map<string, ChangelogNode>
  /** STATE_TTL hints of the SELECT at hand: ms by the alias of a source (hints.ts). */
  readonly stateTtl?: ReadonlyMap<string, number>
  /** Names whose CREATE was faulty in this text: uses of them are not reported as well. */
  readonly faulty: ReadonlySet<string>
  /** Binders that call each other in a circle: files take them from here, so that their imports make no ring. */
  readonly bind: FlinkBinders
}

export interface FlinkBinders {
  readonly query: BindQuery
  readonly from: (context: FlinkContext, from: FromItem) => BoundFrom
}

/** A FROM item: its rows and what its columns are called. */
export interface BoundFrom extends JoinInput {
  readonly scope: Scope
}

/** A side of a join. */
export interface JoinInput {
  readonly node: ChangelogNode
  /** ms that a join keeps rows of this side; 0: for ever. */
  readonly ttl?: number
  /** What `node` was made of if it is an inner join, so that conditions of WHERE can still go into it (absorb-where.ts). */
  readonly inner?: InnerJoin
}

/** An inner join taken apart: conditions are over left columns, then right columns. */
export interface InnerJoin {
  readonly left: JoinInput
  readonly right: JoinInput
  readonly conditions: readonly Expr[]
  readonly span: Span
}

/** Implemented by bind-query.ts; FROM items call it for subqueries. */
export type BindQuery = (context: FlinkContext, query: Query) => ChangelogNode
