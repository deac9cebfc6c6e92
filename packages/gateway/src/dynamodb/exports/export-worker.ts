/**
 * The thread in which one export is written: it reads the store in one snapshot and compresses, which would hold up every
 * call on the main thread. Says what came of it, once.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { openStore, type StoreShare } from '@millrace/store'
import { exportTable, type TableExport } from '@millrace/tables'
import { systemClock } from '@millrace/values'

export interface ExportJob {
  readonly share: StoreShare
  readonly table: string
  readonly dir: string
  readonly atMs?: number
  readonly nowMs: number
  readonly region: string
  readonly account: string
}

export type ExportOutcome =
  | { readonly done: TableExport }
  | { readonly code: string; readonly message: string }

// Only TableExports starts this thread.
const { share, ...job } = workerData as ExportJob
parentPort?.postMessage(await outcomeOf())

async function outcomeOf(): Promise<ExportOutcome> {
  const store = await openStore({ dir: share.dir, clock: systemClock, share })
  try {
    return { done: exportTable({ store, ...job }) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN'
    return { code, message: error instanceof Error ? error.message : String(error) }
  } finally {
    await store.close()
  }
}
