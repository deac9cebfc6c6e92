/**
 * Queries of the Flink dialect to nodes: SELECT, set operations, VALUES, WITH.
 */
import { codes } from '../../diagnostic/codes.ts'
import type { Query, WithQuery } from '../../syntax/tree.ts'
import type { ChangelogNode } from '../plan.ts'
import { bindSelect } from './bind-select.ts'
import { bindSet, bindValues } from './bind-set.ts'
import type { FlinkContext } from './context.ts'
import { renamed } from './nodes.ts'

/** A numbering may still lack its bound: `checkRanks` (bind-rank.ts) goes over each whole plan. */
export function bindQuery(context: FlinkContext, query: Query): ChangelogNode {
  switch (query.kind) {
    case 'select':
      return bindSelect(context, query)
    case 'set':
      return bindSet(context, query)
    case 'values':
      return bindValues(context, query)
    case 'with':
      return bindWith(context, query)
  }
}

/** A table of WITH sees those before it, and is one node however often it is used. */
function bindWith(context: FlinkContext, query: WithQuery): ChangelogNode {
  const { diagnostics } = context.base
  const tables = new Map<string, ChangelogNode>()
  const inner: FlinkContext = { ...context, ctes: [...context.ctes, tables] }
  for (const { name, columns, query: own } of query.tables) {
    if (tables.has(name.name)) {
      diagnostics.fail(
        codes.duplicateName,
        name.span,
        `WITH declares "${name.name}" twice. Rename one of them.`,
      )
    }
    const node = bindQuery(inner, own)
    const { fields } = node.schema
    if (columns !== undefined && columns.length !== fields.length) {
      diagnostics.fail(
        codes.columnCount,
        name.span,
        `WITH names ${columns.length} columns of "${name.name}", but its query gives ${fields.length}.`,
      )
    }
    const names = columns?.map((column) => column.name) ?? fields.map((field) => field.name)
    tables.set(name.name, renamed(node, names, own.span))
  }
  return bindQuery(inner, query.query)
}
