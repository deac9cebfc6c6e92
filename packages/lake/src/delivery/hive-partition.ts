/** The values of a table's partition keys as they stand in the key of one of its objects: `year=2026/month=11/`. */
import type { CatalogTable } from '../catalog/catalog-port.ts'

/**
 * In the order of the table's partition keys. Folders of the form `name=value` are told by their names (any letter case); a key
 * that no folder names has the folder at its own place below the table's location. Percent escapes are undone.
 */
export function hivePartition(
  key: string,
  { location, partitionKeys }: Pick<CatalogTable, 'location' | 'partitionKeys'>,
): string[] {
  if (partitionKeys.length === 0) return []
  const below = key.startsWith(location) ? key.slice(location.length) : key
  const folders = below.split('/').slice(0, -1)
  const named = new Map<string, string>()
  for (const folder of folders) {
    const equals = folder.indexOf('=')
    if (equals > 0) named.set(folder.slice(0, equals).toLowerCase(), decoded(folder.slice(equals + 1)))
  }
  return partitionKeys.map(({ name }, i) => named.get(name.toLowerCase()) ?? decoded(folders[i] ?? ''))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
