/**
 * What a cell may look at for its caller. A key that may run cells reads every stream and table by them; the lake is read under the key's
 * own policy, as by every other query, and files of the machine only where the policy says so: the data directory's are among them, and
 * with these the secrets of other keys.
 */
import { type AdminRequest, callerLakeAccess, WireError } from '@millrace/gateway'
import type { CellAccess } from './notebook-host.ts'

const filesAction = 'millrace:UseFiles'

/** Undefined where nobody signs in: whoever is on this machine is its user. */
export function cellAccess({ caller }: Pick<AdminRequest, 'caller'>): CellAccess | undefined {
  if (caller === undefined) return undefined
  return { lake: callerLakeAccess(caller), files: mayReadFiles(caller) }
}

function mayReadFiles(caller: NonNullable<AdminRequest['caller']>): boolean {
  try {
    caller.authorize(filesAction, '*')
    return true
  } catch (error) {
    if (error instanceof WireError) return false
    throw error
  }
}
