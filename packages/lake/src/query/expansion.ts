/**
 * How large a statement is when its common table expressions stand in place of their names. Each that names the one before twice doubles
 * it: a text of some hundred characters becomes millions of tables, over which DuckDB plans for hours, and planning cannot be
 * interrupted. Pure.
 */
import { LakeQueryError } from './query-error.ts'
import { childNodes, commonTables, type SyntaxNode, textOf } from './syntax-tree.ts'

const tablesMax = 10_000

/** Error: LAKE_QUERY_LIMIT. */
export function checkExpansion(tree: SyntaxNode): void {
  const tables = expandedTables(tree, new Map())
  if (tables <= tablesMax) return
  throw new LakeQueryError(
    'LAKE_QUERY_LIMIT',
    `with its WITH clauses in place of their names the statement reads more than ${tablesMax} tables. Name each of them fewer times.`,
  )
}

function expandedTables(node: SyntaxNode, scope: ReadonlyMap<string, number>): number {
  const inner = new Map(scope)
  for (const { name, tree } of commonTables(node)) inner.set(name, Math.max(1, expandedTables(tree, inner)))
  if (textOf(node, 'type') === 'BASE_TABLE') {
    const isCommon = textOf(node, 'schema_name') === ''
    return (isCommon ? inner.get(textOf(node, 'table_name').toLowerCase()) : undefined) ?? 1
  }
  let sum = 0
  // Definitions count where they are named.
  for (const [member, value] of Object.entries(node))
    if (member !== 'cte_map') for (const child of childNodes({ value })) sum += expandedTables(child, inner)
  return sum
}
