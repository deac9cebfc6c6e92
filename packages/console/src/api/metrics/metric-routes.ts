/** Metrics under AWS names, and alarms. */
import type { Routes } from '@millrace/gateway'
import type { ConsoleOptions } from '../../console-options.ts'

export function metricRoutes(_options: ConsoleOptions): Routes {
  return new Map()
}
