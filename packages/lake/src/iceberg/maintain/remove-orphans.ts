/**
 * Orphans: objects below a table's folder that no snapshot and no metadata file names, left by commits that were stopped or lost, or by
 * an expiry that was stopped. They are removed once they are old: a commit that is under way has files that nobody names yet.
 */
import type { Table } from '../table/open-table.ts'
import { reachableFiles } from './reachable.ts'

export interface OrphanOptions {
  /** Objects younger than this stay, ms; 3 days unless given. Longer than any commit takes. */
  readonly minAgeMs?: number
}

const minAgeDefault = 3 * 86_400_000

/** Keys that were removed. */
export async function removeOrphans(table: Table, options: OrphanOptions = {}): Promise<readonly string[]> {
  const latest = table.clock.now() - (options.minAgeMs ?? minAgeDefault)
  const folder = `${table.keyOf(table.metadata.location)}/`
  // Listed before the metadata is read: what a commit adds in between is named by then.
  const candidates = await listOld(table, folder, latest)
  const metadata = await table.refresh()
  const named = await reachableFiles(table.files, metadata, metadata.snapshots)
  named.add(table.loaded.metadataLocation)
  for (const entry of metadata['metadata-log']) named.add(entry['metadata-file'])
  const statistics = [metadata, ...metadata.snapshots].flatMap((each) => statisticsOf(each))
  for (const file of statistics) named.add(file)
  const keys = new Set([...named].map((url) => table.keyOf(url)))
  keys.add(`${folder}metadata/version-hint.text`)
  const newest = versionOf(table.loaded.metadataLocation)
  const orphans = candidates.filter((key) => {
    if (keys.has(key)) return false
    // A metadata file of a newer version is a commit that was made after the table was read.
    const version = versionOf(key)
    return version === undefined || newest === undefined || version < newest
  })
  await table.store.delete(orphans)
  return orphans
}

async function listOld(table: Table, folder: string, latest: number): Promise<string[]> {
  const keys: string[] = []
  let after: string | undefined
  for (;;) {
    const page = await table.store.list(folder, after === undefined ? {} : { after })
    for (const object of page.objects) if (object.modifiedAt <= latest) keys.push(object.key)
    after = page.objects.at(-1)?.key
    if (!page.more || after === undefined) return keys
  }
}

/** Files that other writers keep beside the table, as the metadata names them. */
function statisticsOf(metadata: object): string[] {
  const files: string[] = []
  for (const name of ['statistics', 'partition-statistics']) {
    const list: unknown = Reflect.get(metadata, name)
    if (!Array.isArray(list)) continue
    for (const each of list) {
      const path: unknown = each?.['statistics-path']
      if (typeof path === 'string') files.push(path)
    }
  }
  return files
}

function versionOf(key: string): number | undefined {
  const digits = /\/v(\d+)\.metadata\.json$/.exec(key)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
