/** The running app as a graph, and what flows through it now. */
import type { Routes } from '@millrace/gateway'
import type { ConsoleOptions } from '../../console-options.ts'

export function pipelineRoutes(_options: ConsoleOptions): Routes {
  return new Map()
}
