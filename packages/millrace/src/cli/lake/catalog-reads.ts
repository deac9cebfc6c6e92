/** `millrace catalog databases|tables|describe|partitions|files|versions`: what the catalog has, for people or as JSON. */

import type { LakeHandle } from '@millrace/console'
import { figures } from '@millrace/console'
import {
  type Catalog,
  type CatalogTable,
  type CatalogView,
  defaultDatabase,
  formatHiveType,
  keptTableName,
  type LakeColumn,
} from '@millrace/lake'
import { didYouMean } from '@millrace/values'
import { MillraceError } from '../../error.ts'
import { textTable } from '../../shell/result-table.ts'
import { withLake } from './open-lake.ts'

export interface CatalogFlags {
  readonly dataDir: string | undefined
  readonly json: boolean
}

export async function catalogDatabases(flags: CatalogFlags): Promise<void> {
  await withLake(flags, async ({ catalog }) => {
    const found = catalog.databases().map(({ name, description }) => ({
      name,
      tables: catalog.tables(name).length,
      views: catalog.views(name).length,
      ...(description === undefined ? {} : { description }),
    }))
    show(
      flags,
      found,
      ['database', 'tables', 'views', 'description'],
      ({ name, tables, views, description }) => [name, String(tables), String(views), description ?? ''],
    )
  })
}

export async function catalogTables(database: string | undefined, flags: CatalogFlags): Promise<void> {
  await withLake(flags, async ({ catalog }) => {
    const databases =
      database === undefined ? catalog.databases().map(({ name }) => name) : [needDatabase(catalog, database)]
    const found = databases.flatMap((name) => [
      ...catalog.tables(name).map((table) => ({ table: fullName(table), ...tableLine(catalog, table) })),
      ...catalog.views(name).map((view) => ({ table: fullName(view), ...viewLine(view) })),
    ])
    if (found.length === 0 && !flags.json) {
      process.stdout.write('no tables yet; a delivery, app.dataset or "millrace catalog crawl" makes them\n')
      return
    }
    show(flags, found, ['table', 'kind', 'format', 'version', 'files', 'rows', 'size', 'place'], (each) => [
      each.table,
      each.kind,
      each.format,
      each.version === undefined ? '' : String(each.version),
      each.files === undefined ? '' : String(each.files),
      each.rows === undefined ? '' : String(each.rows),
      each.bytes === undefined ? '' : bytesText(each.bytes),
      each.place,
    ])
  })
}

interface Line {
  readonly kind: string
  readonly format: string
  readonly version?: number
  readonly files?: number
  readonly rows?: number
  readonly bytes?: number
  readonly place: string
}

function tableLine(catalog: Catalog, table: CatalogTable): Line {
  const { kind, format, version, bucket, location } = table
  // Of other tables the catalog has no figures.
  const counted = kind === 'managed' && format !== 'iceberg' ? figures(catalog, table) : {}
  return { kind, format, version, ...counted, place: `${bucket}/${location}` }
}

function viewLine({ refreshMs }: CatalogView): Line {
  return {
    kind: 'view',
    format: '',
    place: refreshMs === undefined ? '' : `kept, every ${refreshMs / 1_000} s`,
  }
}

export async function catalogDescribe(name: string, flags: CatalogFlags): Promise<void> {
  await withLake(flags, async ({ catalog }) => {
    const { database, base } = nameParts(name)
    const view = catalog.view(database, base)
    if (view !== undefined) {
      describeView(catalog, view, flags)
      return
    }
    const table = needTable(catalog, name)
    if (flags.json) {
      print({ ...table, ...figures(catalog, table) })
      return
    }
    const { files, rows, bytes, partitions } = figures(catalog, table)
    const lines = [
      `${fullName(table)}: ${table.kind} table of ${table.format}, version ${table.version} of ${isoTime(table.updatedAt)}`,
      `at ${table.bucket}/${table.location}`,
      ...(table.kind === 'managed' && table.format !== 'iceberg'
        ? [`${files} files with ${rows} rows, ${bytesText(bytes)}, in ${partitions} partitions`]
        : []),
      ...Object.entries(table.parameters).map(([key, value]) => `${key}: ${value}`),
      '',
      ...textTable(
        ['column', 'type', ''],
        [...table.columns.map(columnRow('')), ...table.partitionKeys.map(columnRow('partition key'))],
      ),
    ]
    process.stdout.write(`${lines.join('\n')}\n`)
  })
}

function describeView(catalog: Catalog, view: CatalogView, flags: CatalogFlags): void {
  const kept = catalog.table(view.database, keptTableName(view.name))
  if (flags.json) {
    print({
      ...view,
      ...(kept === undefined
        ? {}
        : { kept: figures(catalog, kept), refreshedAt: isoTime(keptAt(catalog, kept)) }),
    })
    return
  }
  const lines = [
    `${fullName(view)}: view of ${isoTime(view.updatedAt)}`,
    ...(view.refreshMs === undefined ? [] : [`refreshed every ${view.refreshMs / 1_000} s`]),
    ...(kept === undefined
      ? []
      : [`${figures(catalog, kept).rows} rows kept, of ${isoTime(keptAt(catalog, kept))}`]),
    '',
    view.sql.trim(),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

function keptAt(catalog: Catalog, { database, name, updatedAt }: CatalogTable): number {
  return catalog.files(database, name)[0]?.addedAt ?? updatedAt
}

export async function catalogPartitions(name: string, flags: CatalogFlags): Promise<void> {
  await withLake(flags, async ({ catalog }) => {
    const table = needTable(catalog, name)
    const names = table.partitionKeys.map((key) => key.name)
    const found = catalog.partitions(table.database, table.name)
    show(
      flags,
      found,
      [...names, 'files', 'rows', 'size', 'changed (UTC)'],
      ({ values, files, rows, bytes, updatedAt }) => [
        ...values,
        String(files),
        String(rows),
        bytesText(bytes),
        isoTime(updatedAt),
      ],
    )
  })
}

export async function catalogFiles(
  name: string,
  flags: CatalogFlags & { readonly partition: readonly string[] },
): Promise<void> {
  await withLake(flags, async ({ catalog }) => {
    const table = needTable(catalog, name)
    const found = catalog.files(table.database, table.name, flags.partition)
    show(
      flags,
      found,
      ['key', 'rows', 'size', 'version', 'added (UTC)'],
      ({ key, rows, bytes, version, addedAt }) => [
        key,
        String(rows),
        bytesText(bytes),
        String(version),
        isoTime(addedAt),
      ],
    )
  })
}

export async function catalogVersions(name: string, flags: CatalogFlags): Promise<void> {
  await withLake(flags, async ({ catalog }) => {
    const table = needTable(catalog, name)
    const found = catalog.versions(table.database, table.name)
    show(
      flags,
      found,
      ['version', 'of (UTC)', 'columns'],
      ({ version, updatedAt, columns, partitionKeys }) => [
        String(version),
        isoTime(updatedAt),
        [...columns, ...partitionKeys].map(columnText).join(', '),
      ],
    )
  })
}

/** `orders`, `sales.orders`. */
export function nameParts(name: string): { readonly database: string; readonly base: string } {
  const [first = '', second] = name.toLowerCase().split('.')
  return second === undefined ? { database: defaultDatabase, base: first } : { database: first, base: second }
}

function needDatabase(catalog: Catalog, name: string): string {
  if (catalog.database(name) !== undefined) return name
  const names = catalog.databases().map((database) => database.name)
  throw new MillraceError('CATALOG_UNKNOWN', `There is no database "${name}".`, {
    next: `${didYouMean(name, names)}There are: ${names.join(', ')}.`,
  })
}

export function needTable(catalog: LakeHandle['catalog'], name: string): CatalogTable {
  const { database, base } = nameParts(name)
  const table = catalog.table(needDatabase(catalog, database), base)
  if (table !== undefined) return table
  const names = catalog.tables(database).map((each) => each.name)
  throw new MillraceError('CATALOG_UNKNOWN', `There is no table "${base}" in database "${database}".`, {
    next: `${didYouMean(base, names)}${names.length === 0 ? 'The database has no tables.' : `It has: ${names.join(', ')}.`}`,
  })
}

function fullName({ database, name }: { readonly database: string; readonly name: string }): string {
  return database === defaultDatabase ? name : `${database}.${name}`
}

export function columnText({ name, type }: LakeColumn): string {
  return `${name} ${formatHiveType(type)}`
}

function columnRow(note: string): (column: LakeColumn) => string[] {
  return ({ name, type, comment }) => [name, formatHiveType(type), note === '' ? (comment ?? '') : note]
}

function show<T>(
  flags: CatalogFlags,
  list: readonly T[],
  head: readonly string[],
  row: (each: T) => readonly string[],
): void {
  if (flags.json) for (const each of list) print(each)
  else process.stdout.write(`${textTable(head, list.map(row)).join('\n')}\n`)
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

export function isoTime(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ')
}

export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  for (; value >= 1_023.95 && unit < units.length - 1; unit++) value /= 1_024
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}
