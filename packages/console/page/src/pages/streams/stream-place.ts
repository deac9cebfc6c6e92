/** Addresses of a stream's page: what changes in them, and what stays. */
import { go, hrefOf } from '../../kit/router.ts'

export type Changes = Readonly<Record<string, string | undefined>>

/** The address with other values; an empty one is left out. */
export function withValues(name: string, query: URLSearchParams, changes: Changes): string {
  const values: Record<string, string | undefined> = { ...Object.fromEntries(query), ...changes }
  for (const [key, value] of Object.entries(values)) if (value === '') values[key] = undefined
  return hrefOf(['streams', name], values)
}

/** `replace`: no entry in the history, for what changes often. */
export function change(name: string, query: URLSearchParams, changes: Changes, replace = true): void {
  go(withValues(name, query, changes), { replace })
}
