/** A delivery's table in the Iceberg format: columns, key, partitions, and what its records mean. */
import type { IcebergDestination } from '@millrace/lake'
import { MillraceError } from '../error.ts'
import { type DeliveryFormatSettings, lakeColumns, tableName } from './delivery-format.ts'
import { checkSettings, here, invalidValue } from './names.ts'

/** Beside `format: 'iceberg'`, which needs a table and columns. */
export interface DeliveryIcebergSettings {
  /** Columns that tell rows apart: a record replaces the row of its key. Without a key rows are only added. */
  readonly key?: string | readonly string[]
  /** Of two versions of a row the one with the larger value stands; the later one unless given. */
  readonly precombine?: string
  /**
   * What records are: rows (`plain`, the default), messages of a migration task (`dms`), Debezium's change events (`debezium`), or the
   * changes of a keyed table (`table-changes`).
   */
  readonly envelope?: 'plain' | 'dms' | 'debezium' | 'table-changes'
  /**
   * How old rows go: `merge-on-read` (the default) names them in delete files, which is fast to write; `copy-on-write` writes their files
   * anew, which is fast to read.
   */
  readonly mode?: 'merge-on-read' | 'copy-on-write'
  /** By columns, or by `year`, `month`, `day`, `hour`, `bucket` and `truncate` of them: `['day(at)', 'bucket(16, customer)']`. */
  readonly partitions?: readonly string[]
  /** Columns that the table lacks are added (`declared`, the default), also those of the catalog's newest version (`catalog`), or never. */
  readonly evolution?: 'none' | 'declared' | 'catalog'
  /** Another catalog that keeps the table, by the REST catalog protocol. Without one the bucket keeps it. */
  readonly catalog?: { readonly url: string; readonly warehouse?: string }
}

export const icebergSettingNames = [
  'key',
  'precombine',
  'envelope',
  'mode',
  'partitions',
  'evolution',
  'catalog',
] as const

const envelopes = ['plain', 'dms', 'debezium', 'table-changes'] as const
const modes = ['merge-on-read', 'copy-on-write'] as const
const evolutions = ['none', 'declared', 'catalog'] as const

export function icebergDestination(
  what: string,
  settings: DeliveryFormatSettings & DeliveryIcebergSettings,
): Omit<IcebergDestination, 'bucket' | 'buffering' | 'timeZone' | 'errorPrefix'> {
  const columns = lakeColumns(what, settings)
  const table = tableName(what, settings.table)
  if (columns === undefined || table === undefined) {
    throw new MillraceError(
      'APP_SETTING_MISSING',
      `${what} has no ${table === undefined ? 'table' : 'columns'}, which iceberg needs.`,
      {
        ...here(),
        next: "Name both: table: 'sales.orders', columns: { id: 'bigint', amount: 'decimal(10,2)' }.",
      },
    )
  }
  const names = columns.map(({ name }) => name)
  const column = (setting: string, name: unknown): string => {
    if (typeof name === 'string' && names.includes(name)) return name
    throw invalidValue(`${setting} of ${what}`, name, `a column: ${names.join(', ')}`)
  }
  const {
    key = [],
    precombine,
    envelope = 'plain',
    mode = 'merge-on-read',
    evolution = 'declared',
    catalog,
    keys,
  } = settings
  const wanted = typeof key === 'string' ? [key] : key
  if (!Array.isArray(wanted))
    throw invalidValue(`key of ${what}`, key, "names of columns, like ['orderId', 'itemId']")
  if (precombine !== undefined && wanted.length === 0) {
    throw new MillraceError('APP_SETTING_MISSING', `${what} has precombine without a key.`, {
      ...here(),
      next: "Say which columns tell rows apart: key: ['orderId', 'itemId'].",
    })
  }
  if (catalog !== undefined) checkSettings(`catalog of ${what}`, catalog, ['url', 'warehouse'])
  return {
    kind: 'iceberg',
    table,
    columns,
    key: wanted.map((name) => column('key', name)),
    ...(precombine === undefined ? {} : { precombine: column('precombine', precombine) }),
    ...(keys === undefined ? {} : { keys: checkedKeys(what, keys, names) }),
    envelope: oneOf(`envelope of ${what}`, envelope, envelopes),
    mode: oneOf(`mode of ${what}`, mode, modes),
    partitionBy: (settings.partitions ?? []).map((text) => partitionOf(what, text, column)),
    evolution: oneOf(`evolution of ${what}`, evolution, evolutions),
    ...(catalog === undefined ? {} : { catalog }),
  }
}

/** `city`, `day(at)`, `days(at)`, `bucket(16, id)`, `truncate(4, zip)`. */
function partitionOf(
  what: string,
  text: unknown,
  column: (setting: string, name: unknown) => string,
): { readonly column: string; readonly transform: string } {
  const parts =
    typeof text === 'string' ? /^\s*(?:(\w+)\s*\(\s*(?:(\d+)\s*,\s*)?)?([^(),]+?)\s*\)?\s*$/.exec(text) : null
  const [, name, count, source] = parts ?? []
  const transform = name === undefined ? 'identity' : name.replace(/s$/, '').toLowerCase()
  const isCounted = transform === 'bucket' || transform === 'truncate'
  const isPlain = ['identity', 'year', 'month', 'day', 'hour'].includes(transform)
  if (parts === null || (isCounted ? count === undefined : !isPlain || count !== undefined)) {
    throw invalidValue(
      `partitions of ${what}`,
      text,
      "'city', 'year(at)', 'month(at)', 'day(at)', 'hour(at)', 'bucket(16, id)', 'truncate(4, zip)'",
    )
  }
  return { column: column('partitions', source), transform: isCounted ? `${transform}[${count}]` : transform }
}

function checkedKeys(
  what: string,
  keys: { readonly [column: string]: string },
  names: readonly string[],
): Readonly<Record<string, string>> {
  checkSettings(`keys of ${what}`, keys, names)
  return keys
}

function oneOf<T extends string>(what: string, value: T, values: readonly T[]): T {
  if (values.includes(value)) return value
  throw invalidValue(what, value, values.map((each) => `'${each}'`).join(', '))
}
