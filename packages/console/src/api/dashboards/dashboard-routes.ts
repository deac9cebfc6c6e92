/** Saved charts, and dashboards made of them. */
import type { Routes } from '@millrace/gateway'
import type { ConsoleOptions } from '../../console-options.ts'

export function dashboardRoutes(_options: ConsoleOptions): Routes {
  return new Map()
}
