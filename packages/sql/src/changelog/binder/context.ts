/**
 * What the parts of the Flink binder share. A query is bound to a ChangelogNode; a FROM item to a node with the scope of its
 * names; expressions by ../../binder/bind-expression.ts over that scope.
 */
import type { BinderContext } from '../../binder/context.ts'
import type { Scope } from '../../binder/scope.ts'
import type { HostFunctions } from '../../host-function.ts'
import type { Query } from '../../syntax/tree.ts'
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
}

/** A FROM item: its rows and what its columns are called. */
export interface BoundFrom {
  readonly node: ChangelogNode
  readonly scope: Scope
}

/** Implemented by bind-query.ts; FROM items call it for subqueries. */
export type BindQuery = (context: FlinkContext, query: Query) => ChangelogNode
