/**
 * Capacity as the service counts it. A read unit is 4 KB read consistently, half of one if not, two in a transaction; a
 * write unit is 1 KB of the larger of both versions of the item, two in a transaction. What an item is in an index costs
 * writes of their own: one for an entry that comes, goes or changes in what is projected, two where its key changes.
 */
import {
  type AttributeValue,
  attributeOf,
  equalItems,
  equalValues,
  type IndexSpec,
  itemSize,
  setMember,
  type TableSpec,
  type TypedItem,
} from '@millrace/tables'

const READ_BYTES = 4096
const WRITE_BYTES = 1024

export interface ReadMode {
  readonly isConsistent?: boolean
  readonly isTransactional?: boolean
}

/** Of one item, or of none. */
export function readUnits(bytes: number, mode: ReadMode): number {
  return Math.max(1, Math.ceil(bytes / READ_BYTES)) * perUnit(mode)
}

/** Of all that a query or a scan has looked at. */
export function pageUnits(bytes: number, mode: ReadMode): number {
  return Math.ceil(bytes / READ_BYTES) * perUnit(mode)
}

function perUnit({ isConsistent, isTransactional }: ReadMode): number {
  return isTransactional === true ? 2 : isConsistent === true ? 1 : 0.5
}

/** Units of one write, by table and index. */
export interface WriteUnits {
  readonly table: number
  /** By name; indexes that the write leaves alone are not named. */
  readonly indexes: ReadonlyMap<string, number>
}

const noIndexes: ReadonlyMap<string, number> = new Map()

export function writeUnits(
  table: TableSpec,
  before: TypedItem | undefined,
  after: TypedItem | undefined,
): WriteUnits {
  const own = tableWriteUnits(before, after)
  if (table.settings.indexes.length === 0) return { table: own, indexes: noIndexes }
  const indexes = new Map<string, number>()
  for (const index of table.settings.indexes) {
    const units = indexUnits(table, index, before, after)
    if (units > 0) indexes.set(index.name, units)
  }
  return { table: own, indexes }
}

/** Those of the table alone, without its indexes. */
export function tableWriteUnits(before: TypedItem | undefined, after: TypedItem | undefined): number {
  return Math.max(unitsOf(before), unitsOf(after), 1)
}

function unitsOf(item: TypedItem | undefined): number {
  return item === undefined ? 0 : Math.ceil(itemSize(item) / WRITE_BYTES)
}

function indexUnits(
  table: TableSpec,
  index: IndexSpec,
  before: TypedItem | undefined,
  after: TypedItem | undefined,
): number {
  const old = before === undefined ? undefined : projected(table, index, before)
  const next = after === undefined ? undefined : projected(table, index, after)
  if (old === undefined || next === undefined) return unitsOf(old ?? next)
  if (!hasSameKey(index, old, next)) return unitsOf(old) + unitsOf(next)
  return equalItems(old, next) ? 0 : Math.max(unitsOf(old), unitsOf(next))
}

/** What of the item stands in the index; undefined: it is not in it. */
export function projected(table: TableSpec, index: IndexSpec, item: TypedItem): TypedItem | undefined {
  if (attributeOf(item, index.partitionKey.name) === undefined) return undefined
  if (index.sortKey !== undefined && attributeOf(item, index.sortKey.name) === undefined) return undefined
  if (index.projection.kind === 'ALL') return item
  const part: Record<string, AttributeValue> = {}
  for (const name of projectedNames(table, index)) {
    const value = attributeOf(item, name)
    if (value !== undefined) setMember(part, name, value)
  }
  return part
}

/** Of an index that does not hold all: its attributes. */
export function projectedNames(table: TableSpec, index: IndexSpec): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { partitionKey, sortKey } of [table, index]) {
    names.add(partitionKey.name)
    if (sortKey !== undefined) names.add(sortKey.name)
  }
  if (index.projection.kind === 'INCLUDE') for (const name of index.projection.attributes) names.add(name)
  return names
}

function hasSameKey({ partitionKey, sortKey }: IndexSpec, a: TypedItem, b: TypedItem): boolean {
  return [partitionKey, ...(sortKey === undefined ? [] : [sortKey])].every(({ name }) => {
    const left = attributeOf(a, name)
    const right = attributeOf(b, name)
    return left !== undefined && right !== undefined && equalValues(left, right)
  })
}
