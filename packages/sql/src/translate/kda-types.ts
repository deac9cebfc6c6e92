/**
 * Types of the KDA program's expressions, asked of the KDA binder: the same rules that the program runs by. Questions about
 * what does not bind are answered with undefined; the program as a whole has been bound before, so that is rare.
 */
import type { Field, Schema, SqlType } from '@millrace/values'
import { bindAggregate } from '../binder/bind-aggregate.ts'
import { bindExpression } from '../binder/bind-expression.ts'
import { bindFrom } from '../binder/bind-from.ts'
import { bindQuery } from '../binder/bind-query.ts'
import type { BinderContext, Relation } from '../binder/context.ts'
import { resolveType } from '../binder/resolve-type.ts'
import type { Scope } from '../binder/scope.ts'
import { DiagnosticList } from '../diagnostic/diagnostic.ts'
import { foldExpression } from '../expression/fold-expression.ts'
import { aggregateNames, lookupAggregate, lookupScalar, scalarNames } from '../functions/index.ts'
import type { Expr } from '../plan.ts'
import type { Expression, Query, SelectQuery, TypeName } from '../syntax/tree.ts'
import { nowhere } from './build.ts'

export interface KdaType {
  readonly type: SqlType
  readonly nullable: boolean
}

/** What names mean in one SELECT. */
export interface TypeScope {
  readonly scope: Scope
}

export class KdaTypes {
  readonly #relations = new Map<string, Relation>()

  /** `hidden`: columns at the end that `*` leaves out. */
  declareStream(name: string, schema: Schema, hidden = 0): void {
    this.#relations.set(name, {
      kind: 'stream',
      name,
      schema,
      origin: 'declared',
      span: nowhere,
      columnSpans: [],
      hidden,
    })
  }

  declareTable(name: string, schema: Schema): void {
    this.#relations.set(name, { kind: 'table', name, schema })
  }

  declareView(name: string, query: Query, columns: readonly string[] | undefined): void {
    const node = this.#attempt((context) => bindQuery(context, query))
    if (node === undefined) return
    const fields = node.schema.fields.map((field, i) => ({ ...field, name: columns?.[i] ?? field.name }))
    this.#relations.set(name, { kind: 'view', name, node: { ...node, schema: { fields } }, span: nowhere })
  }

  resolve(type: TypeName): SqlType {
    return this.#attempt((context) => resolveType(type, context.diagnostics)) ?? { kind: 'NULL' }
  }

  /** Columns of a query. */
  columnsOf(query: Query): readonly Field[] | undefined {
    return this.#attempt((context) => bindQuery(context, query))?.schema.fields
  }

  scopeOf(select: SelectQuery): TypeScope | undefined {
    const { from } = select
    if (from === undefined) return undefined
    const windows = new Map(select.windows.map(({ name, spec }) => [name.name, spec]))
    return this.#attempt((context) => ({
      scope: bindFrom(context, windows, (query) => bindQuery(context, query), from).scope,
    }))
  }

  typeOf(scope: TypeScope | undefined, expression: Expression): KdaType | undefined {
    if (scope === undefined) return undefined
    return this.#attempt((context) => {
      const { type, nullable } = this.#bind(context, scope, expression)
      return { type, nullable }
    })
  }

  /** The value of a constant interval of days or shorter units. */
  milliseconds(expression: Expression): number | undefined {
    const none: TypeScope = { scope: { sources: [], rowtime: undefined, merged: new Map() } }
    const value = this.#attempt((context) =>
      foldExpression(this.#bind(context, none, expression), context.functions.scalar),
    )
    return value?.kind === 'literal' && value.type.kind === 'INTERVAL_DAY' && typeof value.value === 'number'
      ? value.value
      : undefined
  }

  #bind(context: BinderContext, { scope }: TypeScope, expression: Expression): Expr {
    const sink = {
      aggregate: (call: Parameters<typeof bindAggregate>[2]): Expr => {
        const bound = bindAggregate(context, scope, call, call.over === undefined ? 'group' : 'over')
        return { kind: 'column', index: 0, type: bound.type, nullable: bound.nullable, span: call.span }
      },
    }
    return bindExpression(context, { scope, sink, clause: 'a translation' }, expression)
  }

  #attempt<T>(work: (context: BinderContext) => T): T | undefined {
    const diagnostics = new DiagnosticList()
    return diagnostics.attempt(() =>
      work({
        dialect: 'kda',
        functions: {
          scalar: (name) => lookupScalar(name, 'kda'),
          aggregate: lookupAggregate,
          names: () => [...scalarNames('kda'), ...aggregateNames()],
        },
        diagnostics,
        relations: this.#relations,
        userFunctions: new Map(),
        sizes: new WeakMap(),
        derived: [],
        viewNodes: 0,
      }),
    )
  }
}
