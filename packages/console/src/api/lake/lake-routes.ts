/** The lake over HTTP, for the page and the command line. */
import type { Routes } from '@millrace/gateway'
import type { Clock } from '@millrace/values'
import { bucketRoutes } from './bucket-routes.ts'
import { catalogRoutes } from './catalog-routes.ts'
import { deliveryRoutes } from './delivery-routes.ts'
import type { LakeHandle } from './lake-handle.ts'
import { queryRoutes } from './query-routes.ts'

export function lakeRoutes(lake: LakeHandle, clock: Clock): Routes {
  return new Map([
    ...queryRoutes(lake, clock),
    ...catalogRoutes(lake, clock),
    ...bucketRoutes(lake, clock),
    ...deliveryRoutes(lake, clock),
  ])
}
