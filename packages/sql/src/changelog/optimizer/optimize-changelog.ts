/**
 * Rules over a whole Flink program. Every rule keeps the answer of each sink: the rows that are there after all changes. A
 * value that nothing reads is not computed, and so cannot fail.
 */
import type { ChangelogProgram, Sink } from '../plan.ts'
import { mergeProjects } from './merge-projects.ts'
import { pruneColumns } from './prune-columns.ts'
import { pushFilters } from './push-filters.ts'
import { sharePlans } from './share-plans.ts'

type Rule = (sinks: readonly Sink[]) => readonly Sink[]

/** Equal parts become one before columns are pruned, as readers of one node may need different columns of it. */
const rules: readonly Rule[] = [
  mergeProjects,
  pushFilters,
  mergeProjects,
  sharePlans,
  pruneColumns,
  mergeProjects,
  sharePlans,
]

export function optimizeChangelog(program: ChangelogProgram): ChangelogProgram {
  const sinks = rules.reduce<readonly Sink[]>((plans, rule) => rule(plans), program.sinks)
  return { ...program, sinks }
}
