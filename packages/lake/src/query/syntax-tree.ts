/**
 * The tree that DuckDB's parser makes of a SELECT, as its json_serialize_sql writes it: objects with a `type`, of which the lake
 * looks at few kinds and walks through all others. Places are bytes of the text.
 */
export type SyntaxNode = { readonly [member: string]: unknown }

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The nodes directly below a node, in any of its members. */
export function* childNodes(node: SyntaxNode): Generator<SyntaxNode> {
  for (const value of Object.values(node)) yield* nodesIn(value)
}

function* nodesIn(value: unknown): Generator<SyntaxNode> {
  if (Array.isArray(value)) for (const element of value) yield* nodesIn(element)
  else if (isNode(value)) yield value
}

export function textOf(node: SyntaxNode, member: string): string {
  const value = node[member]
  return typeof value === 'string' ? value : ''
}

export function listOf(node: SyntaxNode, member: string): readonly unknown[] {
  const value = node[member]
  return Array.isArray(value) ? value : []
}

export function nodeOf(node: SyntaxNode, member: string): SyntaxNode | undefined {
  const value = node[member]
  return isNode(value) ? value : undefined
}

/** Names of a query's common table expressions with their trees. */
export function* commonTables(
  query: SyntaxNode,
): Generator<{ readonly name: string; readonly tree: SyntaxNode }> {
  for (const entry of listOf(nodeOf(query, 'cte_map') ?? {}, 'map')) {
    if (!isNode(entry)) continue
    const tree = nodeOf(entry, 'value')
    if (tree !== undefined) yield { name: textOf(entry, 'key').toLowerCase(), tree }
  }
}
