/** What an app says of a table beside its keys: indexes, change stream, expiry, capacity. */
import type { AppTableSettings } from '@millrace/runtime'
import type { KeyDefinition } from '@millrace/store'
import {
  type ChangeView,
  checkSettings as checkTable,
  type IndexSpec,
  type Projection,
} from '@millrace/tables'
import { codeOf, MillraceError, messageOf } from '../error.ts'
import { checkInteger, checkName, checkSettings, here, quoted } from './names.ts'
import { type KeySpec, keyDefinition } from './table-keys.ts'

export interface IndexSettings {
  /** The table's own unless given, which makes it a local index: then it needs a sort key. */
  readonly partitionKey?: KeySpec
  readonly sortKey?: KeySpec
  /** What queries of it show: whole items unless given. */
  readonly show?: 'all' | 'keys' | readonly string[]
}

export interface TableSettings<P extends KeySpec = KeySpec, S extends KeySpec = KeySpec> {
  readonly partitionKey: P
  readonly sortKey?: S
  /** Secondary indexes by name; items that lack a key of an index are not in it. */
  readonly indexes?: { readonly [name: string]: IndexSettings }
  /** Makes the changes of the table a stream: `table.changes`. */
  readonly changes?: ChangeView
  /** The attribute that says when an item expires, in seconds since the epoch. */
  readonly ttl?: string
  /** Units a second that the API enforces; functions are not limited. */
  readonly capacity?: { readonly readUnits: number; readonly writeUnits: number }
}

const known = ['partitionKey', 'sortKey', 'indexes', 'changes', 'ttl', 'capacity']
const views: readonly ChangeView[] = ['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES']
const unitsMax = 1_000_000

export function checkTableSettings(
  name: string,
  settings: TableSettings,
  keys: { readonly partitionKey: KeyDefinition; readonly sortKey?: KeyDefinition },
): AppTableSettings {
  const what = `table "${name}"`
  const { changes, ttl, capacity } = settings
  if (changes !== undefined && !views.includes(changes)) {
    throw invalid(`changes of ${what} is ${quoted(changes)}`, `Allowed: ${views.join(', ')}.`)
  }
  const indexes = Object.entries(settings.indexes ?? {}).map(([index, each]) =>
    indexSpec(index, `index "${index}" of ${what}`, each, keys.partitionKey),
  )
  const checked: AppTableSettings = {
    ...(indexes.length === 0 ? {} : { indexes }),
    ...(changes === undefined ? {} : { changes }),
    ...(ttl === undefined ? {} : { ttlAttribute: checkName(`ttl of ${what}`, ttl) }),
    ...(capacity === undefined ? {} : { capacity: units(what, capacity) }),
  }
  checkTogether({ name, ...keys }, indexes)
  return checked
}

export function checkTableSettingNames(name: string, settings: unknown): void {
  checkSettings(`table "${name}"`, settings, known)
}

function indexSpec(name: string, what: string, settings: IndexSettings, tableKey: KeyDefinition): IndexSpec {
  checkName(what, name)
  checkSettings(what, settings, ['partitionKey', 'sortKey', 'show'])
  const { partitionKey, sortKey, show = 'all' } = settings
  return {
    name,
    kind: partitionKey === undefined ? 'local' : 'global',
    partitionKey:
      partitionKey === undefined ? tableKey : keyDefinition(`partitionKey of ${what}`, partitionKey),
    ...(sortKey === undefined ? {} : { sortKey: keyDefinition(`sortKey of ${what}`, sortKey) }),
    projection: projection(what, show),
  }
}

function projection(what: string, show: unknown): Projection {
  if (show === 'all') return { kind: 'ALL' }
  if (show === 'keys') return { kind: 'KEYS_ONLY' }
  if (Array.isArray(show) && show.length > 0 && show.every((name) => typeof name === 'string')) {
    return { kind: 'INCLUDE', attributes: show }
  }
  throw invalid(`show of ${what} is ${quoted(show)}`, `Allowed: 'all', 'keys', or a list of attribute names.`)
}

function units(
  what: string,
  capacity: NonNullable<TableSettings['capacity']>,
): {
  readonly readUnits: number
  readonly writeUnits: number
} {
  checkSettings(`capacity of ${what}`, capacity, ['readUnits', 'writeUnits'])
  const rule = { min: 1, max: unitsMax, default: 5 }
  return {
    readUnits: checkInteger(`readUnits of ${what}`, capacity.readUnits, rule),
    writeUnits: checkInteger(`writeUnits of ${what}`, capacity.writeUnits, rule),
  }
}

/** The engine's own rules, told at the place of the declaration. */
function checkTogether(
  keys: { readonly name: string; readonly partitionKey: KeyDefinition; readonly sortKey?: KeyDefinition },
  indexes: readonly IndexSpec[],
): void {
  try {
    checkTable(keys, { indexes, tags: {}, exports: [], isProtected: false })
  } catch (error) {
    if (codeOf(error) !== 'TABLE_SPEC_INVALID') throw error
    throw invalid(
      messageOf(error).replace('TABLE_SPEC_INVALID ', '').replace(/\.$/, ''),
      'Correct the index, or the keys of the table.',
    )
  }
}

function invalid(what: string, next: string): MillraceError {
  return new MillraceError('APP_VALUE_INVALID', `${what}.`, { ...here(), next })
}
