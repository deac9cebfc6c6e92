/** The functions of a dialect as people write them, for completion and lists: names in upper case with the forms of their calls. */
import type { DialectName } from '../syntax/dialect.ts'
import { aggregateNames, lookupAggregate } from './aggregates.ts'
import { flinkAggregateNames, lookupFlinkAggregate } from './flink-aggregates.ts'
import { lookupScalar, scalarNames } from './index.ts'

export interface FunctionForms {
  readonly name: string
  /** `LPAD(text, integer, text)`. */
  readonly forms: readonly string[]
  readonly isAggregate: boolean
}

/** Sorted by name, without operators. */
export function functionForms(dialect: DialectName): FunctionForms[] {
  const isFlink = dialect === 'flink'
  const scalars = scalarNames(dialect).map((name) => ({
    name,
    forms: lookupScalar(name, dialect)?.forms ?? [],
    isAggregate: false,
  }))
  const aggregates = (isFlink ? flinkAggregateNames() : aggregateNames()).map((name) => ({
    name,
    forms: (isFlink ? lookupFlinkAggregate(name) : lookupAggregate(name))?.forms ?? [],
    isAggregate: true,
  }))
  const named = new Map<string, FunctionForms>()
  for (const each of [...aggregates, ...scalars]) {
    // Operators and what only the binder calls have signs, spaces or underscores of their own.
    if (/^[A-Z][A-Z0-9_]*$/.test(each.name) && !named.has(each.name)) named.set(each.name, each)
  }
  return [...named.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}
