/** The catalog over HTTP: databases, tables with columns, partitions, files and snapshots, and changes. docs/console-api.md describes each page. */
import { AdminProblem, type AdminRequest, adminRoute, type Routes } from '@millrace/gateway'
import { bucketsOf, defaultDatabase } from '@millrace/lake'
import type { Clock } from '@millrace/values'
import { type CatalogChange, changeCatalog } from './catalog-change.ts'
import { listing } from './catalog-listing.ts'
import {
  describeTable,
  needTable,
  type TableServices,
  tableSnapshots,
  withIcebergFigures,
} from './describe-table.ts'
import type { LakeHandle } from './lake-handle.ts'
import { assertMayRead, limitOf, needed, told } from './request-values.ts'
import { fileStatistics, tableFiles, tablePartitions } from './table-files.ts'

export const catalogPath = '/admin/catalog'

const pageSize = { unless: 200, max: 1_000 }

export function catalogRoutes({ catalog, store }: LakeHandle, clock: Clock): Routes {
  const services: TableServices = { catalog, store, clock, buckets: bucketsOf(store), manifests: new Map() }
  // Reads the metadata of each Iceberg table, which may lie far away, so it is asked for.
  const list = async ({ query }: AdminRequest) =>
    query.get('iceberg') === 'true' ? withIcebergFigures(services, listing(catalog)) : listing(catalog)
  const nameOf = ({ query }: AdminRequest) => ({
    database: query.get('database') ?? defaultDatabase,
    name: needed('name', query.get('name')),
  })
  const tableOf = (request: AdminRequest) => {
    const { database, name } = nameOf(request)
    return needTable(catalog, database, name)
  }
  const describe = async (request: AdminRequest) => {
    const { database, name } = nameOf(request)
    return describeTable(services, database, name)
  }
  const partitions = (request: AdminRequest) =>
    tablePartitions(catalog, tableOf(request), {
      after: valuesOf('after', request.query.get('after')),
      limit: limitOf(request.query.get('limit'), pageSize),
    })
  const files = async (request: AdminRequest) => {
    const table = tableOf(request)
    assertMayRead(request, table.bucket, table.location)
    return tableFiles(services, table, {
      after: request.query.get('after') ?? '',
      limit: limitOf(request.query.get('limit'), pageSize),
      partition: valuesOf('partition', request.query.get('partition')),
    })
  }
  const file = async (request: AdminRequest) => {
    const table = tableOf(request)
    const key = needed('key', request.query.get('key'))
    assertMayRead(request, table.bucket, table.location)
    if (!key.startsWith(table.location))
      throw new AdminProblem(
        'FILE_UNKNOWN',
        `${JSON.stringify(key)} does not lie below "${table.location}".`,
        404,
      )
    return fileStatistics(services.buckets.open(table.bucket), key)
  }
  const snapshots = async (request: AdminRequest) => {
    const table = tableOf(request)
    assertMayRead(request, table.bucket, table.location)
    return tableSnapshots(services, table)
  }
  // Members are checked by the catalog and by what they are for; an action that nobody knows changes nothing.
  const change = async ({ body }: AdminRequest) =>
    changeCatalog(store, clock, body as unknown as CatalogChange)
  const page = (handler: (request: AdminRequest) => unknown) =>
    adminRoute('millrace:ReadCatalog', told(handler))
  return new Map([
    [catalogPath, page((request) => list(request))],
    [`${catalogPath}/table`, page(describe)],
    [`${catalogPath}/partitions`, page(partitions)],
    [`${catalogPath}/files`, page(files)],
    [`${catalogPath}/file`, page(file)],
    [`${catalogPath}/snapshots`, page(snapshots)],
    [`POST ${catalogPath}`, adminRoute('millrace:ChangeCatalog', told(change))],
  ])
}

/** A list of texts as JSON: values of partitions may hold any character. */
function valuesOf(name: string, text: string | null): readonly string[] {
  if (text === null || text === '') return []
  try {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value
  } catch {
    // Told below.
  }
  throw new AdminProblem('VALUE_INVALID', `"${name}" has to be a list of texts as JSON, like ["2026-11-21"].`)
}
