/**
 * Selection: which tables are captured, in which order they are loaded, and with which filters. A table is selected if an include or
 * explicit rule names it and no exclude rule does. Views are selected only where a rule's table-type says `view` or `all`.
 */
import type { TableName } from '../model/table-schema.ts'
import { type LikePattern, parseLike } from './like-pattern.ts'
import type { RuleReader } from './rule-reader.ts'

export interface TableLocator {
  readonly schema: LikePattern
  readonly table: LikePattern
}

export interface SelectionRule extends TableLocator {
  readonly action: 'include' | 'exclude' | 'explicit'
  readonly types: 'table' | 'view' | 'all'
  /** Undefined where the rule does not say. */
  readonly loadOrder: number | undefined
  /** As read; they are compiled for each schema. */
  readonly filters: readonly RuleReader[]
}

const actions = ['include', 'exclude', 'explicit'] as const
const types = ['table', 'view', 'all'] as const

export function readSelection(rule: RuleReader): SelectionRule {
  rule.onlyHas([
    'rule-type',
    'rule-id',
    'rule-name',
    'rule-action',
    'object-locator',
    'filters',
    'load-order',
  ])
  const action = rule.oneOf('rule-action', actions)
  const locator = rule.inner('object-locator')
  locator.onlyHas(['schema-name', 'table-name', 'table-type'])
  const { schema, table } = readLocator(locator)
  if (action === 'explicit' && (schema.hasWildcards || table.hasWildcards)) {
    const member = schema.hasWildcards ? 'schema-name' : 'table-name'
    throw locator.error(
      member,
      'a name without wildcards, since the rule is explicit',
      'Use "include", or write a wildcard that is meant as itself in brackets: [_], [%].',
    )
  }
  const filters = rule.items('filters')
  if (filters.length > 0 && action === 'exclude')
    throw rule.error(
      'filters',
      'no filters on an exclude rule',
      'Filter in the rule that includes the table.',
    )
  return {
    action,
    schema,
    table,
    types: locator.has('table-type') ? locator.oneOf('table-type', types) : 'table',
    loadOrder: rule.optionalInteger('load-order'),
    filters,
  }
}

export function readLocator(locator: RuleReader): TableLocator {
  return { schema: parseLike(locator.text('schema-name')), table: parseLike(locator.text('table-name')) }
}

export function locates(locator: TableLocator, { schema, table }: TableName): boolean {
  return locator.schema.matches(schema) && locator.table.matches(table)
}

/** The include rules of a table; none: it is not selected. */
export function includingRules<T extends SelectionRule>(
  rules: readonly T[],
  name: TableName,
  type: 'table' | 'view',
): readonly T[] {
  const found = rules.filter((rule) => (rule.types === 'all' || rule.types === type) && locates(rule, name))
  return found.some(({ action }) => action === 'exclude') ? [] : found
}
