/** Deliveries over HTTP: what they do, how far they are, their newest objects. docs/console-api.md describes each page. */
import { AdminProblem, type AdminRequest, adminRoute, type Routes } from '@millrace/gateway'
import {
  bucketsOf,
  type DeliveryRecord,
  type DeliverySettings,
  deliveryProgress,
  type ObjectStore,
  openDeliveries,
} from '@millrace/lake'
import type { Store } from '@millrace/store'
import type { Clock } from '@millrace/values'
import type { DeliveriesAnswer, DeliveryAnswer, DeliveryEntry, NewestObjects } from '../../protocol/lake.ts'
import { lakePath } from './bucket-routes.ts'
import type { LakeHandle } from './lake-handle.ts'
import { assertMayRead, needed, told } from './request-values.ts'

const newestShown = 20
/** Keys say no times that could be relied upon, so the newest are looked for among so many. */
const objectsSeenMax = 5_000
const nothing: NewestObjects = { newest: [], seen: 0, more: false }

export function deliveryRoutes({ store, catalog }: LakeHandle, clock: Clock): Routes {
  const buckets = bucketsOf(store)
  const directory = () => openDeliveries({ store, clock })
  const list = (): DeliveriesAnswer => ({
    deliveries: directory()
      .list()
      .map((record) => entryOf(store, record)),
  })
  const show = async (request: AdminRequest): Promise<DeliveryAnswer> => {
    const name = needed('name', request.query.get('name'))
    const record = directory().get(name)
    if (record === undefined)
      throw new AdminProblem('DELIVERY_UNKNOWN', `There is no delivery "${name}".`, 404)
    const delivery = entryOf(store, record)
    const { destination } = record.settings
    const table = destination.table && catalog.table(destination.table.database, destination.table.name)
    const place = destination.kind === 'iceberg' ? (table?.location ?? '') : literalPart(delivery.prefix)
    const errorPlace = delivery.errorPrefix === undefined ? undefined : literalPart(delivery.errorPrefix)
    assertMayRead(request, delivery.bucket, place)
    if (errorPlace !== undefined) assertMayRead(request, delivery.bucket, errorPlace)
    const objects = buckets.open(delivery.bucket)
    return {
      delivery,
      objects: await newestOf(objects, place, errorPlace),
      errorObjects: errorPlace === undefined ? nothing : await newestOf(objects, errorPlace, undefined),
    }
  }
  const page = (handler: (request: AdminRequest) => unknown) =>
    adminRoute('millrace:ReadCatalog', told(handler))
  return new Map([
    [`${lakePath}/deliveries`, page(list)],
    [`${lakePath}/delivery`, page(show)],
  ])
}

function entryOf(store: Store, { name, owner, version, settings }: DeliveryRecord): DeliveryEntry {
  const { source, destination } = settings
  const { bucket, buffering, table } = destination
  const errorPrefix = errorPrefixOf(destination)
  const { unread, buffered, taken, errors, storing } = deliveryProgress(store, name) ?? {
    unread: 0,
    buffered: 0,
    taken: 0,
    errors: 0,
    storing: [],
  }
  return {
    name,
    owner,
    version,
    bucket,
    prefix: destination.kind === 'files' ? (destination.prefix ?? '') : '',
    format: destination.kind === 'files' ? destination.format.kind : 'iceberg',
    buffer: buffering,
    unread,
    buffered,
    taken,
    errors,
    storing: storing.length,
    ...(source.kind === 'stream' ? { stream: source.stream } : {}),
    ...(errorPrefix === undefined ? {} : { errorPrefix }),
    ...(destination.kind === 'files' && destination.compression !== 'UNCOMPRESSED'
      ? { compression: destination.compression }
      : {}),
    ...(table === undefined ? {} : { table: `${table.database}.${table.name}` }),
  }
}

/** Without one of its own, errors go below the prefix and their type. */
function errorPrefixOf(destination: DeliverySettings['destination']): string | undefined {
  if (destination.errorPrefix !== undefined) return destination.errorPrefix
  if (destination.kind !== 'files') return undefined
  const { prefix = '' } = destination
  return prefix.includes('!{') ? undefined : `${prefix}!{firehose:error-output-type}/`
}

/** What every key has: the text before the first expression, up to its last slash. */
function literalPart(prefix: string): string {
  const text = prefix.split('!{')[0] ?? ''
  return text.slice(0, text.lastIndexOf('/') + 1)
}

/** `except`: what lies below it is something else. */
async function newestOf(
  store: ObjectStore,
  prefix: string,
  except: string | undefined,
): Promise<NewestObjects> {
  const found: { key: string; bytes: number; modifiedAt: number }[] = []
  let after = ''
  let seen = 0
  let more = true
  while (more && seen < objectsSeenMax) {
    const page = await store.list(prefix, { after })
    seen += page.objects.length
    more = page.more
    after = page.objects.at(-1)?.key ?? ''
    for (const { key, bytes, modifiedAt } of page.objects) {
      if (except !== undefined && except !== prefix && key.startsWith(except)) continue
      found.push({ key, bytes, modifiedAt })
    }
    found.sort((a, b) => b.modifiedAt - a.modifiedAt)
    found.length = Math.min(found.length, newestShown)
  }
  return { newest: found, seen, more }
}
