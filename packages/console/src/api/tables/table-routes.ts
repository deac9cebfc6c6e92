/** Keyed tables: items by key and index, and their changes as they happen. */
import type { Routes } from '@millrace/gateway'
import type { ConsoleOptions } from '../../console-options.ts'

export function tableRoutes(_options: ConsoleOptions): Routes {
  return new Map()
}
