/**
 * What a statement's WHERE says of a table's partitions: conditions of partition keys and constants alone, which hold of every
 * row that the statement can use. Files of other partitions need not even be looked for. Pure.
 *
 * A reference of a table counts where its rows come unchanged into the FROM clause of the SELECT with the WHERE: alone, in inner and
 * cross joins, on the left of a left join. Any other reference, or one without such a condition, needs all partitions. DuckDB prunes
 * once more by what it moves down to the files (file-source.ts), so this need not see everything; it may only never be wrong.
 */
import { childNodes, isNode, listOf, nodeOf, type SyntaxNode, textOf } from './syntax-tree.ts'

export interface PartitionFilter {
  /** Conditions that all hold: expressions over columns without a qualifier. */
  readonly conditions: readonly SyntaxNode[]
}

/**
 * One for each reference of the tables that `keysOf` has partition keys of; a reference without conditions is in it too. `keysOf` gives
 * the lower-case names of the keys.
 */
export function partitionFilters(
  tree: SyntaxNode,
  references: ReadonlySet<SyntaxNode>,
  keysOf: (reference: SyntaxNode) => ReadonlySet<string> | undefined,
): ReadonlyMap<SyntaxNode, PartitionFilter> {
  const filters = new Map<SyntaxNode, PartitionFilter>()
  for (const reference of references)
    if (keysOf(reference) !== undefined) filters.set(reference, { conditions: [] })
  const visit = (node: SyntaxNode): void => {
    if (textOf(node, 'type') === 'SELECT_NODE') {
      const from = nodeOf(node, 'from_table')
      const where = nodeOf(node, 'where_clause')
      if (from !== undefined && where !== undefined) {
        const all = conjuncts(where)
        for (const reference of unchangedTables(from)) {
          const keys = references.has(reference) ? keysOf(reference) : undefined
          if (keys === undefined) continue
          const conditions = all
            .map((term) => condition(term, reference, keys))
            .filter((found) => found !== undefined)
          filters.set(reference, { conditions })
        }
      }
    }
    for (const child of childNodes(node)) visit(child)
  }
  visit(tree)
  return filters
}

/** Tables whose rows stand in the FROM clause's result as they are, or not at all. */
function* unchangedTables(from: SyntaxNode): Generator<SyntaxNode> {
  const type = textOf(from, 'type')
  if (type === 'BASE_TABLE') {
    const isPlain = !isNode(from.sample) && listOf(from, 'column_name_alias').length === 0
    if (isPlain) yield from
  } else if (type === 'JOIN' && ['REGULAR', 'NATURAL', 'CROSS'].includes(textOf(from, 'ref_type'))) {
    const kind = textOf(from, 'join_type')
    const left = nodeOf(from, 'left')
    const right = nodeOf(from, 'right')
    if ((kind === 'INNER' || kind === 'LEFT') && left !== undefined) yield* unchangedTables(left)
    if (kind === 'INNER' && right !== undefined) yield* unchangedTables(right)
  }
}

function conjuncts(term: SyntaxNode): SyntaxNode[] {
  if (textOf(term, 'type') !== 'CONJUNCTION_AND') return [term]
  return listOf(term, 'children').flatMap((child) => (isNode(child) ? conjuncts(child) : []))
}

const simpleClasses = new Set([
  'COLUMN_REF',
  'CONSTANT',
  'COMPARISON',
  'CONJUNCTION',
  'BETWEEN',
  'CAST',
  'CASE',
  'OPERATOR',
  'FUNCTION',
])

/**
 * Functions of DuckDB 1.5 that answer differently from call to call, or have effects. now() and its kin are the same in the whole
 * transaction, which is that of the query.
 */
export const volatileFunctions: ReadonlySet<string> = new Set([
  'currval',
  'current_connection_id',
  'current_query',
  'current_query_id',
  'current_transaction_id',
  'error',
  'gen_random_uuid',
  'nextval',
  'random',
  'setseed',
  'sleep_ms',
  'stats',
  'uuid',
  'uuidv4',
  'uuidv7',
  'write_log',
])

/** The term with its columns' qualifiers taken away, if it is of partition keys of this reference and of constants alone. */
function condition(
  term: SyntaxNode,
  reference: SyntaxNode,
  keys: ReadonlySet<string>,
): SyntaxNode | undefined {
  const names = new Set(
    [textOf(reference, 'alias') || textOf(reference, 'table_name')].map((name) => name.toLowerCase()),
  )
  let hasKey = false
  const copy = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(copy)
    if (!isNode(value)) return value
    const kind = textOf(value, 'class')
    if (kind !== '' && !simpleClasses.has(kind)) throw notSimple
    if (kind === 'COLUMN_REF') {
      const path = listOf(value, 'column_names').map((part) => String(part).toLowerCase())
      const key = path[path.length - 1] ?? ''
      const isOwn = path.length === 1 || (path.length === 2 && names.has(path[0] ?? ''))
      if (!isOwn || !keys.has(key)) throw notSimple
      hasKey = true
      return { ...plainMembers(value), column_names: [key] }
    }
    if (kind === 'FUNCTION' && volatileFunctions.has(textOf(value, 'function_name').toLowerCase()))
      throw notSimple
    return Object.fromEntries(
      Object.entries(plainMembers(value)).map(([name, member]) => [name, copy(member)]),
    )
  }
  try {
    const copied = copy(term)
    if (!hasKey || !isNode(copied) || hasLargeNumber(copied)) return undefined
    return copied
  } catch (error) {
    if (error === notSimple) return undefined
    throw error
  }
}

const notSimple = new Error('not a condition of partition keys alone')

/** Without places, which are of no use in another text. */
function plainMembers(node: SyntaxNode): SyntaxNode {
  const { query_location: _, ...rest } = node
  return rest
}

/** Reading the tree as JSON has rounded it. */
function hasLargeNumber(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value)
  if (Array.isArray(value)) return value.some(hasLargeNumber)
  return isNode(value) && Object.values(value).some(hasLargeNumber)
}
