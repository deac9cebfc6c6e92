/**
 * What lies directly below a prefix, as a folder shows it: objects, and prefixes that end with the next slash. The port to objects
 * lists keys alone, so what lies deeper is jumped over: the next page begins behind all keys of the folder.
 */
import type { ObjectStore, StoredObject } from '@millrace/lake'

export interface FolderPage {
  readonly folders: readonly string[]
  readonly objects: readonly StoredObject[]
  /** What `after` has to be for more; null at the end. */
  readonly next: string | null
}

/** Calls of the store for one page, at most: where folders are many and full, a page is shorter instead. */
const callsMax = 200
/** The last character that there is: no key of a folder sorts behind the folder and it, but those that begin with it. */
const lastCharacter = '\u{10ffff}'
const listed = 1_000

/** Entries in the order of the keys' UTF-8 bytes, `limit` at most. */
export async function listFolder(
  store: ObjectStore,
  prefix: string,
  { after: from, limit }: { readonly after: string; readonly limit: number },
): Promise<FolderPage> {
  const folders = new Set<string>()
  const objects: StoredObject[] = []
  let after = from
  for (let call = 0; call < callsMax; call++) {
    const page = await store.list(prefix, { after, limit: listed })
    for (const object of page.objects) {
      const folder = folderOf(object.key, prefix)
      const isKnown = folder !== undefined && folders.has(folder)
      if (!isKnown && folders.size + objects.length === limit)
        return { folders: [...folders], objects, next: after }
      if (folder === undefined) objects.push(object)
      else folders.add(folder)
      after = folder === undefined ? object.key : behind(folder, object.key)
    }
    if (!page.more) return { folders: [...folders], objects, next: null }
  }
  return { folders: [...folders], objects, next: after }
}

function folderOf(key: string, prefix: string): string | undefined {
  const slash = key.indexOf('/', prefix.length)
  return slash < 0 ? undefined : key.slice(0, slash + 1)
}

function behind(folder: string, key: string): string {
  const end = `${folder}${lastCharacter}`
  // A key that begins with the last character sorts behind it.
  return key.startsWith(end) ? key : end
}
