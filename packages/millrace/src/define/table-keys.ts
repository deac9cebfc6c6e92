/**
 * Keys of a table as an app writes them: a bare name is a string key, `{ orderId: 'number' }` says the type. Nothing is
 * guessed from the items: a key whose value has another type is an error (TABLE_KEY_TYPE), not a second kind of key.
 */
import type { KeyDefinition } from '@millrace/store'
import { MillraceError } from '../error.ts'
import { checkName, here, quoted } from './names.ts'

export type KeyType = 'string' | 'number' | 'binary'

/** `'orderId'` (a string key) or `{ orderId: 'number' }`: one name with its type. */
export type KeySpec = string | { readonly [name: string]: KeyType }

/** The TypeScript type of a key's values. */
export type KeyOf<S> = S extends string
  ? string
  : S extends { readonly [name: string]: infer T }
    ? T extends 'number'
      ? number | bigint
      : T extends 'binary'
        ? Uint8Array
        : string
    : never

export function keyDefinition(what: string, spec: unknown): KeyDefinition {
  if (typeof spec === 'string') return { name: checkName(what, spec), type: 'string' }
  const entries: [string, unknown][] =
    typeof spec === 'object' && spec !== null && !Array.isArray(spec) ? Object.entries(spec) : []
  const [name, type] = entries[0] ?? []
  if (entries.length === 1 && (type === 'string' || type === 'number' || type === 'binary')) {
    return { name: checkName(what, name), type }
  }
  throw new MillraceError(
    'APP_VALUE_INVALID',
    `${what} is ${entries.length > 0 ? JSON.stringify(spec) : quoted(spec)}.`,
    {
      ...here(),
      next: `Write 'name' for a string key, or one name with its type: { orderId: 'number' } (string, number, binary).`,
    },
  )
}
