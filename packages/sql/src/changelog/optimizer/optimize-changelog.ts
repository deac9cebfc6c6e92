/**
 * Rules over a whole Flink program. Every rule keeps the answer of each sink: the rows that are there after all changes. A
 * value that nothing reads is not computed, and so cannot fail.
 */
import { formatFlinkType, type SqlType } from '@millrace/values'
import { columnsOfNode, makeProject, namesOf } from '../binder/nodes.ts'
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
  return { ...program, sinks: sinks.map((sink, i) => withTypes(sink, program.sinks[i]!)) }
}

/**
 * A conversion that leaves values as they are (VARCHAR(3) to STRING, a row to one with other names of fields) may have gone;
 * the types of a sink's columns are part of its answer all the same.
 */
function withTypes(sink: Sink, before: Sink): Sink {
  const { plan } = sink
  const { schema } = before.plan
  if (plan.schema.fields.every(({ type }, i) => isSameType(type, schema.fields[i]!.type))) return sink
  if (plan.kind === 'project') return { ...sink, plan: { ...plan, schema } }
  const project = makeProject(plan, columnsOfNode(plan, plan.span), namesOf(plan), plan.span)
  return { ...sink, plan: { ...project, schema } }
}

function isSameType(a: SqlType, b: SqlType): boolean {
  return formatFlinkType(a) === formatFlinkType(b)
}
