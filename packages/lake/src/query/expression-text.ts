/** SQL text of expressions of DuckDB's own tree, made by DuckDB: in the WHERE of a statement, or as the only thing that is selected. */
import type { DuckDBConnection } from '@duckdb/node-api'
import { isNode, type SyntaxNode } from './syntax-tree.ts'

/** The statement, which is a plain SELECT, with this condition. */
export async function withCondition(
  connection: DuckDBConnection,
  select: string,
  condition: SyntaxNode,
): Promise<string> {
  return rewritten(connection, select, (node) => ({ ...node, where_clause: condition }))
}

export async function expressionText(connection: DuckDBConnection, expression: SyntaxNode): Promise<string> {
  const select = await rewritten(connection, 'SELECT 1', (node) => ({ ...node, select_list: [expression] }))
  return select.replace(/^SELECT /, '')
}

async function rewritten(
  connection: DuckDBConnection,
  select: string,
  change: (node: SyntaxNode) => SyntaxNode,
): Promise<string> {
  const text = await firstValue(connection, 'SELECT json_serialize_sql($1::VARCHAR)', select)
  // Places are of no use in another text; "no place" is a number that JSON's readers here would round.
  const tree: unknown = JSON.parse(text, (name, value) => (name === 'query_location' ? undefined : value))
  const [statement] = isNode(tree) && Array.isArray(tree.statements) ? tree.statements : []
  if (!isNode(statement) || !isNode(statement.node)) throw new Error(`lake invariant: no tree of ${select}`)
  const changed = { error: false, statements: [{ ...statement, node: change(statement.node) }] }
  return firstValue(connection, 'SELECT json_deserialize_sql($1::JSON)', treeText(changed))
}

/** DuckDB takes a number of a DOUBLE only with a fraction, which JSON here writes only where there is one. */
function treeText(tree: unknown): string {
  return JSON.stringify(tree, (_, node: unknown) => {
    if (!isNode(node) || !isNode(node.type) || typeof node.value !== 'number') return node
    const isWhole = node.type.id === 'DOUBLE' && Number.isInteger(node.value)
    return isWhole ? { ...node, value: `${wholeMark}${node.value}` } : node
  }).replace(/"@double (-?\d+)"/g, '$1.0')
}

/** A constant of text that looks so becomes a tree that DuckDB refuses, which says nothing wrong. */
const wholeMark = '@double '

async function firstValue(connection: DuckDBConnection, sql: string, value: string): Promise<string> {
  const reader = await connection.runAndReadAll(sql, [value])
  return String(reader.getRows()[0]?.[0])
}
