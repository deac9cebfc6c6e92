/**
 * The buckets of a process: each name is opened once, when it is first asked for. A name without a place is the folder
 * `buckets/NAME` of the data directory. Copies of remote objects are kept below it too, in `cache/objects`, unless told otherwise.
 */
import { join } from 'node:path'
import { type Clock, systemClock } from '@millrace/values'
import { FileCache } from './file-cache.ts'
import { FolderObjectStore } from './folder-object-store.ts'
import { assertBucketName } from './object-key.ts'
import type { BucketPlace, Buckets, ObjectStore } from './object-store.ts'
import { S3ObjectStore } from './s3-object-store.ts'

export interface OpenBucketsOptions {
  readonly dataDir: string
  /** Of a bucket that has a place of its own; asked when the bucket is first opened. Folders are absolute. */
  readonly places?: (name: string) => BucketPlace | undefined
  readonly cacheDir?: string
  /** Of copies of remote objects, about: 4 GiB unless given. */
  readonly cacheBytes?: number
  readonly clock?: Clock
}

const cacheBytesDefault = 4 * 2 ** 30

export function openBuckets({
  dataDir,
  places = () => undefined,
  cacheDir = join(dataDir, 'cache', 'objects'),
  cacheBytes = cacheBytesDefault,
  clock = systemClock,
}: OpenBucketsOptions): Buckets {
  const cache = new FileCache({ dir: cacheDir, bytesMax: cacheBytes, clock })
  const stores = new Map<string, ObjectStore>()
  function make(name: string): ObjectStore {
    const place = places(name) ?? { kind: 'folder', dir: join(dataDir, 'buckets', name) }
    return place.kind === 'folder'
      ? new FolderObjectStore({ name, dir: place.dir, clock })
      : new S3ObjectStore({ name, place, cache, clock })
  }
  return {
    open(name) {
      assertBucketName(name)
      let store = stores.get(name)
      if (store === undefined) {
        store = make(name)
        stores.set(name, store)
      }
      return store
    },
    async close() {
      const all = [...stores.values()]
      stores.clear()
      await Promise.all(all.map((store) => store.close()))
    },
  }
}
