/** What the catalog's names and tables have to be like. Pure. */
import { LakeError } from '../errors.ts'
import type { LakeColumn, LakeType } from '../schema/lake-type.ts'
import type { CatalogTable, CatalogView } from './catalog-port.ts'

export const defaultDatabase = 'default'
const nameCharsMax = 255
/** Schemas that SQL has by itself, and that of the app's keyed tables. */
const reserved = new Set(['app', 'information_schema', 'main', 'memory', 'pg_catalog', 'system', 'temp'])

export function checkDatabaseName(name: string): void {
  checkName('database', name)
  if (!reserved.has(name)) return
  throw new LakeError(
    'CATALOG_NAME_INVALID',
    `database "${name}": the name is reserved (${[...reserved].join(', ')} are). Choose another one.`,
  )
}

export function checkName(what: 'database' | 'table' | 'view', name: string): void {
  if (/^[a-z_][a-z0-9_]*$/.test(name) && name.length <= nameCharsMax) return
  throw new LakeError(
    'CATALOG_NAME_INVALID',
    `${what} "${name}": a name has lower-case letters, digits and underscores, does not begin with a digit, and has ` +
      `1 to ${nameCharsMax} characters. ${suggestion(name)}`,
  )
}

function suggestion(name: string): string {
  const plain = plainName(name)
  return plain === undefined ? 'Choose another one.' : `"${plain}" would do.`
}

/** A name of the catalog made of any text, as by a crawler of folders' names; undefined if nothing is left of it. */
export function plainName(text: string): string | undefined {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, nameCharsMax - 1)
  if (plain === '') return undefined
  return /^[0-9]/.test(plain) ? `_${plain}` : plain
}

export function checkTable(table: Omit<CatalogTable, 'version' | 'createdAt' | 'updatedAt'>): void {
  const place = `table "${table.database}.${table.name}"`
  const refuse = (reason: string): never => {
    throw new LakeError('CATALOG_TABLE_INVALID', `${place}: ${reason}`)
  }
  checkName('table', table.name)
  if (table.bucket === '') refuse('it names no bucket. Give the bucket that holds its files.')
  if (table.location !== '' && !/^[^/].*\/$/.test(table.location))
    refuse(
      `location "${table.location}" must be a prefix of keys that ends with "/", like "orders/", or empty for a whole bucket.`,
    )
  const seen = new Set<string>()
  for (const { name } of [...table.columns, ...table.partitionKeys]) {
    if (name === '') refuse('a column has an empty name. Give each a name.')
    const folded = name.toLowerCase()
    if (seen.has(folded))
      refuse(
        `two columns are called "${name}" (letter case does not count; partition keys are columns too). Rename one.`,
      )
    seen.add(folded)
  }
  for (const column of [...table.columns, ...table.partitionKeys]) {
    const reason = columnProblem(column)
    if (reason !== undefined) refuse(`column "${column.name}": ${reason}`)
  }
  for (const { name, type } of table.partitionKeys) {
    if (type.kind === 'list' || type.kind === 'map' || type.kind === 'struct' || type.kind === 'binary')
      refuse(`partition key "${name}" is a ${type.kind}, but must have a type with one text for each value.`)
  }
}

function columnProblem({ type }: LakeColumn): string | undefined {
  switch (type.kind) {
    case 'decimal':
      return decimalProblem(type)
    case 'list':
      return columnProblem({ name: '', type: type.element })
    case 'map':
      return columnProblem({ name: '', type: type.key }) ?? columnProblem({ name: '', type: type.value })
    case 'struct':
      if (type.fields.length === 0) return 'a struct needs at least one field.'
      return type.fields.map(columnProblem).find((problem) => problem !== undefined)
    default:
      return undefined
  }
}

function decimalProblem({ precision, scale }: LakeType & { kind: 'decimal' }): string | undefined {
  const fits =
    Number.isInteger(precision) &&
    Number.isInteger(scale) &&
    precision >= 1 &&
    precision <= 38 &&
    scale >= 0 &&
    scale <= precision
  return fits
    ? undefined
    : `decimal(${precision},${scale}) is none: precision is 1 to 38, scale 0 to precision.`
}

/** A minute, so that a view is never made anew all the time; and ten years. */
const refreshMs = { min: 60_000, max: 10 * 366 * 86_400_000 }

export function checkView(view: Omit<CatalogView, 'createdAt' | 'updatedAt'>): void {
  const place = `view "${view.database}.${view.name}"`
  checkName('view', view.name)
  if (view.sql.trim() === '')
    throw new LakeError('CATALOG_VIEW_INVALID', `${place}: its text is empty. Write a SELECT.`)
  const refresh = view.refreshMs
  if (refresh === undefined) return
  if (Number.isInteger(refresh) && refresh >= refreshMs.min && refresh <= refreshMs.max) return
  throw new LakeError(
    'CATALOG_VIEW_INVALID',
    `${place}: it should be refreshed every ${refresh} ms; allowed are whole milliseconds from ${refreshMs.min} (a minute) to ` +
      `${refreshMs.max} (ten years).`,
  )
}
