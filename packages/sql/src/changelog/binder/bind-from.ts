/**
 * FROM items of a Flink query to nodes with the scope of their names: tables, views, WITH tables, subqueries, functions,
 * patterns and joins. Names in scope are case-sensitive; an alias hides the name of its table.
 */
import { codes } from '../../diagnostic/codes.ts'
import type { Span } from '../../span.ts'
import type { DerivedSource, FromItem, JoinSource } from '../../syntax/tree.ts'
import { bindCorrelate, isLateral } from './bind-correlate.ts'
import { bindJoin } from './bind-join.ts'
import { bindMatch } from './bind-match.ts'
import { bindNamed } from './bind-named.ts'
import { bindWindowFunction } from './bind-table-function.ts'
import { bindTemporalJoin } from './bind-temporal-join.ts'
import type { BoundFrom, FlinkContext } from './context.ts'
import { makeValues } from './nodes.ts'
import { named, scopeOf } from './scopes.ts'

export function bindFrom(context: FlinkContext, from: FromItem): BoundFrom {
  if ('over' in from && from.over !== undefined) {
    return context.base.diagnostics.fail(
      codes.badWindow,
      from.span,
      'a window behind a source is not part of Flink SQL. Use TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL ...)), or bounds on both times in ON.',
    )
  }
  switch (from.kind) {
    case 'join':
      return bindJoinSource(context, from)
    case 'named':
      if (from.asOf !== undefined) {
        return context.base.diagnostics.fail(
          codes.badTemporalJoin,
          from.asOf.span,
          'FOR SYSTEM_TIME AS OF stands behind the right side of a join only. Write FROM a JOIN t FOR SYSTEM_TIME AS OF a.ts ON a.k = t.k.',
        )
      }
      return bindNamed(context, from)
    case 'derived':
      return named(
        context,
        context.bind.query({ ...context, stateTtl: new Map() }, from.query),
        from.alias?.name,
        from.columns,
        from.span,
      )
    case 'match':
      return bindMatch(context, from)
    case 'function': {
      const window = bindWindowFunction(context, from, context.bind.query)
      return window ?? bindCorrelate(context, oneRow(from.span), from, { join: 'inner', on: undefined })
    }
    case 'unnest':
      return bindCorrelate(context, oneRow(from.span), from, { join: 'inner', on: undefined })
  }
}

function bindJoinSource(context: FlinkContext, join: JoinSource): BoundFrom {
  const left = bindFrom(context, join.left)
  const { right } = join
  if (right.kind === 'named' && right.asOf !== undefined)
    return bindTemporalJoin(context, left, join, right, right.asOf)
  if (isLateral(context, right)) {
    if (join.join === 'RIGHT' || join.join === 'FULL') {
      return context.base.diagnostics.fail(
        codes.badJoin,
        join.span,
        `the right side is made anew from each left row, so it has no rows of its own for ${join.join} JOIN. Use CROSS JOIN or LEFT JOIN ... ON TRUE.`,
      )
    }
    const kind = join.join === 'LEFT' ? 'left' : 'inner'
    return bindCorrelate(context, left, right, { join: kind, on: join.on })
  }
  const bound =
    right.kind === 'derived' && right.lateral === true ? lateral(context, right) : bindFrom(context, right)
  return bindJoin(context, left, bound, join)
}

/** LATERAL (SELECT ...) is taken as a plain subquery; one that reads columns of the left side is refused as such. */
function lateral(context: FlinkContext, source: DerivedSource): BoundFrom {
  const { diagnostics } = context.base
  const known = diagnostics.items.length
  const bound = diagnostics.attempt(() => bindFrom(context, source))
  if (bound !== undefined) return bound
  const faults = diagnostics.items.slice(known)
  const names: readonly string[] = [codes.unknownColumn.code, codes.unknownRelation.code]
  if (faults.every((fault) => names.includes(fault.code))) {
    diagnostics.items.splice(known)
    diagnostics.report(
      codes.notSupported,
      source.span,
      `LATERAL (SELECT ...) cannot read columns of the left side: ${faults[0]?.message ?? ''} Join the table by key instead, with ROW_NUMBER() for the first rows of each key.`,
    )
  }
  return diagnostics.abandon()
}

/** One row without columns: what a function alone in FROM is applied to. */
function oneRow(span: Span): BoundFrom {
  return { node: makeValues([[]], [], span), scope: scopeOf([]) }
}
