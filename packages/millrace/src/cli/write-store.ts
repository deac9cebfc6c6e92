/** Changes in the store of a data directory on which no process runs; where one does, changes go through it (post-admin.ts). */
import { openStore, type Store } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { codeOf, MillraceError, messageOf } from '../error.ts'

/** Opens the store for the work and closes it in the end. Errors: DATA_IN_USE, and those of the work. */
export async function writeStore<T>(dir: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openToWrite(dir)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

async function openToWrite(dir: string): Promise<Store> {
  try {
    return await openStore({ dir, clock: systemClock })
  } catch (error) {
    if (codeOf(error) !== 'STORE_LOCKED') throw error
    throw new MillraceError(
      'DATA_IN_USE',
      `a process runs on ${dir} without a gateway: ${messageOf(error)}`,
      {
        next: 'Run it with its gateway (without --no-gateway; with --port if it runs --until-idle), or stop it first.',
        cause: error,
      },
    )
  }
}
