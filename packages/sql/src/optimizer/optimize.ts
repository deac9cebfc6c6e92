/**
 * The optimizer: rules that rewrite a program into one that answers alike with less work. Each rule stands alone and keeps
 * rows, order, row times and the rows that fail; the rules together are checked against the plain plan by the interpreter.
 *
 * Order: constants first, since they open the way for the others; filters down; projections merged, so that pruning sees
 * what is really read; pruning; and once more merging, because pruning leaves projections behind.
 */
import type { ScalarLookup } from '../expression/fold-expression.ts'
import { lookupScalar } from '../functions/index.ts'
import type { PlanNode, Program } from '../plan.ts'
import { foldConstants } from './fold-constants.ts'
import { mergeProjects } from './merge-projects.ts'
import { pruneProgram } from './prune-columns.ts'
import { pushFilters } from './push-filters.ts'

export interface OptimizeOptions {
  /** The function table for constant folding; the dialect's own by default. */
  readonly scalar?: ScalarLookup
}

export function optimizeProgram(program: Program, options: OptimizeOptions = {}): Program {
  const scalar = options.scalar ?? ((name: string) => lookupScalar(name, program.dialect))
  const folded = mapPlans(program, (plan) => foldConstants(plan, scalar))
  const pushed = mapPlans(folded, pushFilters)
  const merged = mapPlans(pushed, mergeProjects)
  return mapPlans(pruneProgram(merged), mergeProjects)
}

export function mapPlans(program: Program, rule: (plan: PlanNode) => PlanNode): Program {
  return { ...program, pumps: program.pumps.map((pump) => ({ ...pump, plan: rule(pump.plan) })) }
}
