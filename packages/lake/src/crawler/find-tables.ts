/**
 * Which tables a set of objects makes up, from their keys alone. Pure.
 *
 * The folders right above a file that are partitions (`key=value`, or a date as folders: yyyy, yyyy/MM, yyyy/MM/dd, yyyy/MM/dd/HH)
 * belong to its table's partition keys; the folders before them are the table's place. Plain folders are called partition_0,
 * partition_1 and so on.
 */
import { plainName } from '../catalog/check-names.ts'

export interface FoundObject {
  readonly key: string
  readonly bytes: number
  /** Changes with the content. */
  readonly stamp: string
}

export interface FoundTable {
  readonly name: string
  /** Ends with a slash; empty for a whole bucket. */
  readonly location: string
  readonly partitionNames: readonly string[]
  readonly files: readonly (FoundObject & { readonly partition: readonly string[] })[]
  /** Files whose folders are others than those of most. */
  readonly misplaced: readonly FoundObject[]
}

export function findTables(prefix: string, objects: readonly FoundObject[], bucket: string): FoundTable[] {
  const base = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  const byLocation = new Map<string, Placed[]>()
  for (const object of objects) {
    const placed = placeOf(base, object)
    const before = byLocation.get(placed.location)
    if (before === undefined) byLocation.set(placed.location, [placed])
    else before.push(placed)
  }
  const taken = new Set<string>()
  return [...byLocation]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([location, placed]) => {
      const names = commonNames(placed)
      const fits = (each: Placed): boolean => each.names.join('/') === names.join('/')
      return {
        name: freeName(location, bucket, taken),
        location,
        partitionNames: names,
        files: placed.filter(fits).map(({ object, values }) => ({ ...object, partition: values })),
        misplaced: placed.filter((each) => !fits(each)).map(({ object }) => object),
      }
    })
}

interface Placed {
  readonly object: FoundObject
  readonly location: string
  readonly names: readonly string[]
  readonly values: readonly string[]
}

function placeOf(base: string, object: FoundObject): Placed {
  const folders = object.key.slice(base.length).split('/').slice(0, -1)
  const first = firstPartition(folders)
  const names: string[] = []
  const values: string[] = []
  for (const [i, folder] of folders.slice(first).entries()) {
    const [, key, value] = /^([^=]+)=(.*)$/.exec(folder) ?? []
    names.push(key === undefined ? `partition_${i}` : (plainName(key) ?? `partition_${i}`))
    values.push(value ?? folder)
  }
  const place = folders.slice(0, first).map((folder) => `${folder}/`)
  return { object, location: base + place.join(''), names, values }
}

/** Where the folders of partitions begin: from there on each is `key=value` or belongs to a date. */
function firstPartition(folders: readonly string[]): number {
  for (let from = 0; from < folders.length; from++) {
    const rest = folders.slice(from)
    const plain = rest.filter((folder) => !folder.includes('='))
    const isDate = plain.length === 0 || isDatePath(plain)
    // A date stands together; what is between its parts belongs to no date.
    const begin = rest.findIndex((folder) => !folder.includes('='))
    const together = plain.every((_, i) => rest[begin + i]?.includes('=') === false)
    if (isDate && together && rest.every((folder) => folder.includes('=') || /^\d+$/.test(folder)))
      return from
  }
  return folders.length
}

function isDatePath(parts: readonly string[]): boolean {
  const limits = [
    [1_900, 2_200, 4],
    [1, 12, 2],
    [1, 31, 2],
    [0, 23, 2],
    [0, 59, 2],
  ] as const
  return (
    parts.length <= limits.length &&
    parts.every((part, i) => {
      const [min, max, digits] = limits[i] ?? [0, 0, 0]
      return part.length === digits && Number(part) >= min && Number(part) <= max
    })
  )
}

/** Those that most files have. */
function commonNames(placed: readonly Placed[]): readonly string[] {
  const counts = new Map<string, { names: readonly string[]; count: number }>()
  for (const { names } of placed) {
    const key = names.join('/')
    const entry = counts.get(key) ?? { names, count: 0 }
    counts.set(key, { names, count: entry.count + 1 })
  }
  return [...counts.values()].sort((a, b) => b.count - a.count)[0]?.names ?? []
}

/** The last folder's name; with folders before it where that is taken. */
function freeName(location: string, bucket: string, taken: Set<string>): string {
  const parts = [bucket, ...location.split('/').filter((part) => part !== '')]
  let name = ''
  for (let from = parts.length - 1; from >= 0; from--) {
    name = plainName(parts.slice(from).join('_')) ?? 'files'
    if (!taken.has(name)) break
  }
  for (let n = 2; taken.has(name); n++) if (!taken.has(`${name}_${n}`)) name = `${name}_${n}`
  taken.add(name)
  return name
}
