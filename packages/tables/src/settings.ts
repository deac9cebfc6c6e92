/** What a table may be made of: checks of specs and of changes of settings. Errors: TABLE_SPEC_INVALID. */
import type { KeyDefinition } from '@millrace/store'
import { TableError } from './errors.ts'
import type { IndexSpec, SettingsChange, TableSettings, TableSpec } from './port.ts'

/** So that the name of an index's table, which has both, fits the store. */
const nameBytesMax = 255

export function checkSpec(spec: TableSpec): void {
  checkName('table', spec.name, spec.name)
  if (spec.name.startsWith('system.')) {
    throw invalid(spec.name, 'names that begin with "system." are the system\'s. Use another name')
  }
  checkSettings(spec, spec.settings)
}

export function checkSettings(
  { name, partitionKey, sortKey }: Omit<TableSpec, 'settings'>,
  settings: TableSettings,
): void {
  const types = new Map<string, KeyDefinition['type']>()
  const checkType = (key: KeyDefinition): void => {
    const known = types.get(key.name)
    if (known !== undefined && known !== key.type) {
      throw invalid(
        name,
        `attribute "${key.name}" is a ${known} as one key and a ${key.type} as another. Give it one type`,
      )
    }
    types.set(key.name, key.type)
  }
  checkType(partitionKey)
  if (sortKey !== undefined) checkType(sortKey)
  const names = new Set<string>()
  for (const index of settings.indexes) {
    checkName('index', name, index.name)
    // The name of an index's table ends with it, after a slash.
    if (index.name.includes('/'))
      throw invalid(name, `index "${index.name}" has a slash in its name. Use another`)
    if (names.has(index.name)) throw invalid(name, `two indexes are named "${index.name}". Rename one`)
    names.add(index.name)
    checkType(index.partitionKey)
    if (index.sortKey !== undefined) checkType(index.sortKey)
    if (index.kind === 'local') checkLocal(name, { partitionKey, sortKey }, index)
  }
}

function checkLocal(
  table: string,
  {
    partitionKey,
    sortKey,
  }: { readonly partitionKey: KeyDefinition; readonly sortKey: KeyDefinition | undefined },
  index: IndexSpec,
): void {
  if (sortKey === undefined) {
    throw invalid(
      table,
      `it has no sort key, so index "${index.name}" cannot be local. Make it global: give it a partition key of its own`,
    )
  }
  if (index.partitionKey.name !== partitionKey.name || index.sortKey === undefined) {
    throw invalid(
      table,
      `local index "${index.name}" needs the table's partition key "${partitionKey.name}" and a sort key of its own`,
    )
  }
}

function checkName(what: string, table: string, name: string): void {
  if (name !== '' && Buffer.byteLength(name) <= nameBytesMax && !name.includes('\0')) return
  throw invalid(
    table,
    `the name of the ${what} has ${Buffer.byteLength(name)} bytes, allowed are 1 to ${nameBytesMax} without NUL`,
  )
}

function invalid(table: string, what: string): TableError {
  return new TableError('TABLE_SPEC_INVALID', `table ${JSON.stringify(table.slice(0, 80))}: ${what}.`)
}

/** The settings after a change. */
export function changedSettings(before: TableSettings, change: SettingsChange): TableSettings {
  const after = { ...before, ...change }
  const { changes, ttlAttribute, capacity } = after
  return {
    indexes: after.indexes ?? [],
    tags: after.tags ?? {},
    exports: after.exports ?? [],
    isProtected: after.isProtected ?? false,
    ...(changes === undefined ? {} : { changes }),
    ...(ttlAttribute === undefined ? {} : { ttlAttribute }),
    ...(capacity === undefined ? {} : { capacity }),
  }
}

/** Whether entries of the one can serve the other: all but the projection and the capacity is alike. */
export function hasSameEntries(a: IndexSpec, b: IndexSpec): boolean {
  return isSameKey(a.partitionKey, b.partitionKey) && isSameKey(a.sortKey, b.sortKey)
}

function isSameKey(a: KeyDefinition | undefined, b: KeyDefinition | undefined): boolean {
  return a?.name === b?.name && a?.type === b?.type
}
