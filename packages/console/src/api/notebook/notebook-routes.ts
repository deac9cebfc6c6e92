/** SQL notebooks: cells that are checked, completed, run, saved and promoted. */
import type { Routes } from '@millrace/gateway'
import type { ConsoleOptions } from '../../console-options.ts'

export function notebookRoutes(_options: ConsoleOptions): Routes {
  return new Map()
}
