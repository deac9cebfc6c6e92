/**
 * The buckets of a store, by the places that the store itself knows (runtime's bucket-directory.ts). Opened once for each handle of
 * the store, so that all stages of a thread share clients and copies; they need no closing, since nothing of an idle bucket keeps a
 * process alive.
 */
import { bucketEntries } from '@millrace/runtime'
import type { Store } from '@millrace/store'
import { LakeError } from '../errors.ts'
import { shownKey } from './object-key.ts'
import type { BucketPlace, Buckets } from './object-store.ts'
import { openBuckets } from './open-buckets.ts'

const opened = new WeakMap<Store, Buckets>()

export function bucketsOf(store: Store): Buckets {
  let buckets = opened.get(store)
  if (buckets === undefined) {
    buckets = openBuckets({ dataDir: store.dir, places: (name) => bucketPlaces(store).get(name) })
    opened.set(store, buckets)
  }
  return buckets
}

/** Places of the buckets that have one of their own. Error: BUCKET_PLACE_INVALID. */
export function bucketPlaces(store: Store): Map<string, BucketPlace> {
  const places = new Map<string, BucketPlace>()
  for (const { name, place } of bucketEntries(store)) {
    if (place === undefined || place === null) continue
    if (!isPlace(place)) {
      throw new LakeError(
        'BUCKET_PLACE_INVALID',
        `The data directory ${store.dir} says of the bucket ${shownKey(name)} that it is at ${JSON.stringify(place)}, which this version cannot open. Use the version that wrote it, or start the app once, which writes the place anew.`,
      )
    }
    places.set(name, place)
  }
  return places
}

function isPlace(value: unknown): value is BucketPlace {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false
  if (value.kind === 'folder') return 'dir' in value && typeof value.dir === 'string'
  if (value.kind !== 's3') return false
  return (
    'bucket' in value &&
    typeof value.bucket === 'string' &&
    'region' in value &&
    typeof value.region === 'string'
  )
}
