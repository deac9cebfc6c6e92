/**
 * Walks over syntax trees without knowing their node kinds: a tree is plain data, every node has a `kind`, and whatever is
 * not replaced stays as it is.
 */
import type { Expression } from '../syntax/tree.ts'

/** A copy of the tree in which `replace` has spoken first at every expression, from the outside in. */
export function mapTree<T>(tree: T, replace: (expression: Expression) => Expression | undefined): T {
  if (Array.isArray(tree)) {
    const items: readonly unknown[] = tree
    // Element by element the same type, as `replace` keeps expressions expressions.
    return items.map((each) => mapTree(each, replace)) as T
  }
  if (typeof tree !== 'object' || tree === null) return tree
  if (isNode(tree)) {
    // What is asked about other nodes than expressions has a kind that `replace` does not know, and gives undefined.
    const replaced = replace(tree as unknown as Expression)
    if (replaced !== undefined) return replaced as T
  }
  const entries = Object.entries(tree).map(([key, value]) => [
    key,
    key === 'span' ? value : mapTree<unknown>(value, replace),
  ])
  // The same keys with values of the same types.
  return Object.fromEntries(entries) as T
}

/** Whether any expression below satisfies the test. */
export function someNode(tree: unknown, test: (expression: Expression) => boolean): boolean {
  let found = false
  mapTree(tree, (expression) => {
    if (!found && test(expression)) found = true
    return found ? expression : undefined
  })
  return found
}

/** A text that trees of one shape share, apart from their places. */
export function shapeOf(tree: unknown): string {
  return JSON.stringify(tree, (key, value: unknown) => (key === 'span' ? undefined : value))
}

function isNode(value: object): value is { readonly kind: string } {
  return 'kind' in value && typeof value.kind === 'string'
}
