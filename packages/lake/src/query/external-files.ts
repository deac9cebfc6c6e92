/**
 * The files of an external table: what lies under its location when a query begins, without what by custom is none of it (names that
 * begin with `_` or `.`, empty objects). Folders between the location and the file are the partition keys' values, as `key=value`
 * or as plain values.
 */
import type { ObjectStore } from '../objects/object-store.ts'

export interface ExternalFile {
  readonly key: string
  readonly bytes: number
  readonly partition: readonly string[]
  /** Changes with the content. */
  readonly stamp: string
}

export interface ExternalFiles {
  readonly files: readonly ExternalFile[]
  /** Keys that have not the table's folders. */
  readonly misplaced: readonly string[]
}

export async function listExternalFiles(
  store: ObjectStore,
  location: string,
  partitionKeys: readonly { readonly name: string }[],
): Promise<ExternalFiles> {
  const files: ExternalFile[] = []
  const misplaced: string[] = []
  for await (const { key, bytes, etag, modifiedAt } of listObjects(store, location)) {
    const partition = partitionOf(key.slice(location.length), partitionKeys)
    if (partition === undefined) misplaced.push(key)
    else files.push({ key, bytes, partition, stamp: `${etag} ${bytes} ${modifiedAt}` })
  }
  return { files, misplaced }
}

/** All that count as files of a table, in the order of their keys. */
export async function* listObjects(
  store: ObjectStore,
  location: string,
): AsyncGenerator<{
  readonly key: string
  readonly bytes: number
  readonly etag: string
  readonly modifiedAt: number
}> {
  let after: string | undefined
  for (;;) {
    const { objects, more } = await store.list(location, after === undefined ? {} : { after })
    for (const object of objects)
      if (object.bytes > 0 && !isHidden(object.key.slice(location.length))) yield object
    after = objects[objects.length - 1]?.key
    if (!more || after === undefined) return
  }
}

function isHidden(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('_') || part.startsWith('.')) || path.endsWith('/')
}

/** Values of the partition keys from the folders of a path below the location; undefined if there are others. */
export function partitionOf(
  path: string,
  partitionKeys: readonly { readonly name: string }[],
): readonly string[] | undefined {
  const folders = path.split('/').slice(0, -1)
  if (folders.length < partitionKeys.length) return undefined
  const values: string[] = []
  for (const [i, { name }] of partitionKeys.entries()) {
    const folder = folders[i] ?? ''
    const [, key, value] = /^([^=]+)=(.*)$/.exec(folder) ?? []
    if (key === undefined || value === undefined) values.push(folder)
    else if (key.toLowerCase() === name.toLowerCase()) values.push(value)
    else return undefined
  }
  return values
}
