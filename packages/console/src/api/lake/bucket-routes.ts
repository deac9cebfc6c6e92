/** Buckets and their objects over HTTP. docs/console-api.md describes each page. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { AdminProblem, type AdminRequest, adminRoute, type Routes } from '@millrace/gateway'
import { type Buckets, bucketsOf, openDeliveries } from '@millrace/lake'
import { bucketEntries } from '@millrace/runtime'
import type { Clock } from '@millrace/values'
import type { BucketEntry, BucketsAnswer, ObjectAnswer, ObjectsAnswer } from '../../protocol/lake.ts'
import type { LakeHandle } from './lake-handle.ts'
import { listFolder } from './list-folder.ts'
import { objectBytesMax, objectText } from './object-text.ts'
import { accessOf, assertMayRead, limitOf, needed, told } from './request-values.ts'
import { footerColumns } from './table-files.ts'

export const lakePath = '/admin/lake'

const pageSize = { unless: 200, max: 1_000 }

export function bucketRoutes(lake: LakeHandle, clock: Clock): Routes {
  const buckets = bucketsOf(lake.store)
  const list = (request: AdminRequest): BucketsAnswer => {
    const access = accessOf(request)
    const found = knownBuckets(lake, buckets, clock)
    // Who may read a part of a bucket may know its name: its keys are asked for one by one.
    return { buckets: found.filter(({ name, tables }) => access.mayRead(name, '') || tables.length > 0) }
  }
  const objects = async (request: AdminRequest): Promise<ObjectsAnswer> => {
    const { query } = request
    const bucket = needed('bucket', query.get('bucket'))
    const prefix = query.get('prefix') ?? ''
    assertMayRead(request, bucket, prefix)
    const limit = limitOf(query.get('limit'), pageSize)
    const {
      folders,
      objects: found,
      next,
    } = await listFolder(buckets.open(bucket), prefix, {
      after: query.get('after') ?? '',
      limit,
    })
    return {
      folders,
      objects: found.map(({ key, bytes, modifiedAt }) => ({ key, bytes, modifiedAt })),
      next,
    }
  }
  const object = async (request: AdminRequest): Promise<ObjectAnswer> => {
    const bucket = needed('bucket', request.query.get('bucket'))
    const key = needed('key', request.query.get('key'))
    assertMayRead(request, bucket, key)
    const store = buckets.open(bucket)
    const head = await store.head(key)
    if (head === undefined)
      throw new AdminProblem(
        'OBJECT_UNKNOWN',
        `There is no object ${JSON.stringify(key)} in bucket "${bucket}".`,
        404,
      )
    const { bytes, modifiedAt, etag } = head
    const columns = await footerColumns(store, key, bytes)
    const text =
      columns.length > 0 || bytes > objectBytesMax
        ? ({ encoding: 'plain', isCut: false } as const)
        : await objectText(store, key)
    return { key, bytes, modifiedAt, etag, ...text, ...(columns.length === 0 ? {} : { columns }) }
  }
  const page = (handler: (request: AdminRequest) => unknown) =>
    adminRoute('millrace:ReadCatalog', told(handler))
  return new Map([
    [`${lakePath}/buckets`, page(list)],
    [`${lakePath}/objects`, page(objects)],
    [`${lakePath}/object`, page(object)],
  ])
}

/** Those that were given a place, those that tables and deliveries name, and the folders of the data directory. */
function knownBuckets({ dir, store, catalog }: LakeHandle, buckets: Buckets, clock: Clock): BucketEntry[] {
  const tables = catalog.databases().flatMap(({ name }) => catalog.tables(name))
  const deliveries = openDeliveries({ store, clock }).list()
  const folder = join(dir, 'buckets')
  const names = new Set([
    ...bucketEntries(store).map(({ name }) => name),
    ...tables.map(({ bucket }) => bucket),
    ...deliveries.map(({ settings }) => settings.destination.bucket),
    ...(existsSync(folder) ? readdirSync(folder) : []),
  ])
  return [...names].sort().flatMap((name): BucketEntry[] => {
    let url: string
    try {
      url = buckets.open(name).url
    } catch {
      // A folder that somebody else has made there, under a name that no bucket has.
      return []
    }
    return [
      {
        name,
        url,
        tables: tables
          .filter(({ bucket }) => bucket === name)
          .map((table) => `${table.database}.${table.name}`),
        deliveries: deliveries
          .filter(({ settings }) => settings.destination.bucket === name)
          .map((delivery) => delivery.name),
      },
    ]
  })
}
