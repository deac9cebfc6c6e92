/**
 * Conditions of WHERE into the inner joins of FROM: `FROM a, b WHERE a.k = b.k` is a join by key, and bounds on times in
 * WHERE make an interval join. The SELECT binder calls this before it filters.
 */
import { conjuncts } from '../../expression/expr-tools.ts'
import type { Expr } from '../../plan.ts'
import type { BoundFrom, FlinkContext } from './context.ts'
import { innerJoin, isAbsorbable } from './join-nodes.ts'

/** `where` is over the columns of `from`. What is left in `rest` has to be filtered above; columns stay where they are. */
export function absorbWhere(
  context: FlinkContext,
  from: BoundFrom,
  where: readonly Expr[],
): { readonly from: BoundFrom; readonly rest: readonly Expr[] } {
  const { inner } = from
  if (inner === undefined) return { from, rest: where }
  const all = where.flatMap(conjuncts)
  const absorbed = all.filter(isAbsorbable)
  if (absorbed.length === 0) return { from, rest: all }
  const joined = innerJoin(
    context,
    { ...inner, conditions: [...inner.conditions, ...absorbed] },
    from.ttl ?? 0,
  )
  return { from: { ...from, ...joined }, rest: all.filter((condition) => !isAbsorbable(condition)) }
}
