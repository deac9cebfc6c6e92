/**
 * Paths of the REST catalog protocol, after the catalog's base: `v1/`, an optional prefix (here: the warehouse), and the resource.
 * Levels of a namespace are joined by 0x1F, percent-encoded.
 */
import { badRequest } from './rest-problem.ts'

export type RestPath =
  | { readonly kind: 'config' }
  | { readonly kind: 'tokens' }
  | ({ readonly warehouse: string | undefined } & (
      | { readonly kind: 'namespaces' | 'rename' | 'transaction' }
      | {
          readonly kind: 'namespace' | 'properties' | 'tables' | 'register' | 'views'
          readonly namespace: readonly string[]
        }
      | {
          readonly kind: 'table' | 'metrics' | 'credentials' | 'view' | 'plan'
          readonly namespace: readonly string[]
          readonly name: string
        }
    ))

/** Undefined: no path of the protocol. Error: BadRequestException for names that cannot be decoded. */
export function parseRestPath(path: string): RestPath | undefined {
  const parts = path.replace(/\/$/, '').split('/').map(decode)
  if (parts.shift() !== 'v1') return undefined
  if (parts.length === 1 && parts[0] === 'config') return { kind: 'config' }
  if (parts.length === 2 && parts[0] === 'oauth' && parts[1] === 'tokens') return { kind: 'tokens' }
  const warehouse = roots.has(parts[0] ?? '') ? undefined : parts.shift()?.replace(/\.$/, '')
  const [root, namespaceText, kind, name, what] = parts
  if (root === 'tables' && parts.length === 2 && namespaceText === 'rename')
    return { kind: 'rename', warehouse }
  if (root === 'transactions' && parts.length === 2 && namespaceText === 'commit')
    return { kind: 'transaction', warehouse }
  if (root !== 'namespaces') return undefined
  if (namespaceText === undefined) return { kind: 'namespaces', warehouse }
  const namespace = namespaceText.split('\u001f')
  if (namespace.includes('')) throw badRequest('a level of the namespace is empty')
  if (kind === undefined) return { kind: 'namespace', warehouse, namespace }
  if (name === undefined) {
    return kind === 'properties' || kind === 'tables' || kind === 'register' || kind === 'views'
      ? { kind, warehouse, namespace }
      : undefined
  }
  if (name === '') throw badRequest('the name of the table is empty')
  if (kind === 'views' && what === undefined) return { kind: 'view', warehouse, namespace, name }
  if (kind !== 'tables' || parts.length > 5) return undefined
  if (what === undefined) return { kind: 'table', warehouse, namespace, name }
  return what === 'metrics' || what === 'credentials' || what === 'plan'
    ? { kind: what, warehouse, namespace, name }
    : undefined
}

/** What a client puts before paths of a warehouse: its name, with a dot after a name that would be taken for a resource. */
export function prefixOf(warehouse: string): string {
  return roots.has(warehouse) ? `${warehouse}.` : warehouse
}

const roots = new Set(['namespaces', 'tables', 'transactions'])

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw badRequest(`${JSON.stringify(part)} is not percent-encoded UTF-8`)
  }
}
