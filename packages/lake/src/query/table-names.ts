/**
 * The names of tables that a statement reads: those of its FROM clauses, wherever they stand, but for common table expressions.
 * Pure.
 */
import { childNodes, commonTables, listOf, nodeOf, type SyntaxNode, textOf } from './syntax-tree.ts'

export interface TableReference {
  /** Empty where the text names none. As written. */
  readonly schema: string
  readonly name: string
  /** Of the first one, bytes from the beginning of the text. */
  readonly byte: number | undefined
  /** Where it stands in the tree. */
  readonly nodes: readonly SyntaxNode[]
}

export interface StatementNames {
  readonly tables: readonly TableReference[]
  /** Functions in FROM clauses, in lower case. */
  readonly functions: readonly string[]
  /** It asks what tables there are: SHOW TABLES, information_schema, duckdb_columns(). */
  readonly asksForAll: boolean
}

/** Schemas that DuckDB has by itself. */
const systemSchemas = new Set(['information_schema', 'pg_catalog'])

export function tableNames(tree: SyntaxNode): StatementNames {
  const found = new Map<string, TableReference & { readonly nodes: SyntaxNode[] }>()
  const functions = new Set<string>()
  let asksForAll = false
  const visit = (node: SyntaxNode, scope: ReadonlySet<string>): void => {
    const inner = new Set(scope)
    for (const { name, tree: definition } of commonTables(node)) {
      // Its own text sees those before it, and itself where it is recursive: that node says its name once more.
      visit(definition, inner)
      inner.add(name)
    }
    if (textOf(node, 'type') === 'RECURSIVE_CTE_NODE') inner.add(textOf(node, 'cte_name').toLowerCase())
    if (textOf(node, 'type') === 'BASE_TABLE') {
      const schema = textOf(node, 'schema_name')
      const name = textOf(node, 'table_name')
      if (systemSchemas.has(schema.toLowerCase())) asksForAll = true
      else if (schema !== '' || !inner.has(name.toLowerCase())) {
        if (isSystemTable(name) && schema === '') asksForAll = true
        const key = JSON.stringify([schema.toLowerCase(), name.toLowerCase()])
        const before = found.get(key)
        if (before === undefined) found.set(key, { schema, name, byte: placeOf(node), nodes: [node] })
        else before.nodes.push(node)
      }
    } else if (textOf(node, 'type') === 'SHOW_REF' && nodeOf(node, 'query') === undefined) asksForAll = true
    else if (textOf(node, 'type') === 'TABLE_FUNCTION') {
      const name = textOf(nodeOf(node, 'function') ?? {}, 'function_name').toLowerCase()
      functions.add(name)
      if (/^duckdb_(tables|views|columns|schemas)$|^pragma_(table_info|show)$/.test(name)) asksForAll = true
    }
    for (const child of childNodes(node)) visit(child, inner)
  }
  visit(tree, new Set())
  return {
    tables: [...found.values()].filter((table) => !isSystemTable(table.name) || table.schema !== ''),
    functions: [...functions],
    asksForAll,
  }
}

/** Found without a schema, since pg_catalog and the names of DuckDB's own views are always on the search path. */
function isSystemTable(name: string): boolean {
  return /^(duckdb_(tables|views|columns|schemas|types|functions|settings|constraints|indexes|sequences|databases)|pg_[a-z_]+|sqlite_master|pragma_database_list)$/i.test(
    name,
  )
}

function placeOf(node: SyntaxNode): number | undefined {
  const place = node.query_location
  // "No place" is the largest number of 64 bits.
  return typeof place === 'number' && place < Number.MAX_SAFE_INTEGER ? place : undefined
}

/** The statements' trees in what json_serialize_sql answers. */
export function statementTrees(answer: SyntaxNode): SyntaxNode[] {
  return listOf(answer, 'statements').flatMap((statement) =>
    typeof statement === 'object' &&
    statement !== null &&
    'node' in statement &&
    nodeOf(statement as SyntaxNode, 'node')
      ? [(statement as SyntaxNode).node as SyntaxNode]
      : [],
  )
}
