/**
 * The console of a data directory: the page and the routes that it calls, which are those of the command line too. It is mounted on
 * the gateway, so that it has one port, one listener with limits, and one way to prove who calls.
 */
import {
  type AdminRoute,
  noSuchPage,
  type Route,
  type Routes,
  type RouteTree,
  sessionRoutes,
} from '@millrace/gateway'
import { dashboardRoutes } from './api/dashboards/dashboard-routes.ts'
import { deadLetterRoutes } from './api/dead-letter-routes.ts'
import { lakeRoutes } from './api/lake/lake-routes.ts'
import { metricRoutes } from './api/metrics/metric-routes.ts'
import { notebookRoutes } from './api/notebook/notebook-routes.ts'
import { overviewRoutes } from './api/overview/overview-routes.ts'
import { pipelineRoutes } from './api/pipeline/pipeline-routes.ts'
import { sourceRoutes } from './api/source-routes.ts'
import { streamRoutes } from './api/streams/stream-routes.ts'
import { tableRoutes } from './api/tables/table-routes.ts'
import type { ConsoleOptions } from './console-options.ts'
import { pageTree, rootRoutes } from './serve/page-tree.ts'

export function consoleRoutes(options: ConsoleOptions): Routes {
  const { app, store, lake, clock } = options
  const routes = new Map<string, Route>([
    ...rootRoutes,
    ...overviewRoutes(options),
    ...pipelineRoutes(options),
    ...streamRoutes(options),
    ...notebookRoutes(options),
    ...tableRoutes(options),
    ...lakeRoutes(lake, clock),
    ...dashboardRoutes(options),
    ...deadLetterRoutes(store),
    ...metricRoutes(options),
    ...(app === undefined ? [] : sourceRoutes(app)),
  ])
  return new Map([...routes, ...sessionRoutes(actionsOf(routes.values()))])
}

/** What a policy may allow of the pages, in order. */
function actionsOf(routes: Iterable<Route | AdminRoute>): readonly string[] {
  const actions = new Set<string>()
  for (const route of routes) if ('action' in route) actions.add(route.action)
  return [...actions].sort()
}

export function consoleTrees(): readonly RouteTree[] {
  return [pageTree(), { prefix: '/admin/', route: noSuchPage }]
}
