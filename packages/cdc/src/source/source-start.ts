/**
 * Where a source begins: at the first start by its options, later at what was committed. Says which tables there are, with the schemas
 * of that place in the log.
 */
import type { SourceContext } from '@millrace/runtime'
import type { Database, TableListing } from '../database/database.ts'
import { CdcError } from '../errors.ts'
import type { LogPosition } from '../log/log-reader.ts'
import { type TableName, type TableSchema, tableText } from '../model/table-schema.ts'
import type { CdcSettings } from './cdc-settings.ts'
import { FollowedTable } from './followed-table.ts'
import { SchemaHistory, tableKey } from './schema-history.ts'
import { TableSet } from './table-set.ts'

/** What is committed with the records. */
export interface SavedPosition {
  readonly log: LogPosition
  /** What the envelope goes on from. */
  readonly envelope?: string
  /** A load without changes that is done. */
  readonly done?: true
}

export interface StartPoint {
  readonly log: LogPosition
  readonly tables: TableSet
  readonly history: SchemaHistory
  readonly envelope: string | undefined
  /** Nothing was committed yet. */
  readonly isFresh: boolean
}

/** A table that an app names in full. */
export interface NamedTable {
  readonly name: TableName
  isOf(table: TableListing): boolean
}

/** Errors: CDC_POSITION, CDC_PREREQUISITE, CDC_TABLE_MISSING, CDC_CONNECT. */
export async function firstStart(
  database: Database,
  tables: TableSet,
  settings: CdcSettings,
  context: Pick<SourceContext, 'warn'>,
  named: readonly NamedTable[] = [],
): Promise<StartPoint> {
  const { start } = settings
  const names = await wantedTables(database, tables, named)
  if (names.length === 0) {
    throw new CdcError(
      'CDC_TABLE_MISSING',
      `${database.name} has no table that is selected by ${tables.rules.describe()}, or the account may not see it. ` +
        'Look at the names, which are written as the database spells them, and at the grants.',
    )
  }
  const findings = await database.check(names)
  for (const { level, code, message, next } of findings) {
    if (level === 'warning') context.warn(code, findingText(message, next))
  }
  const errors = findings.filter(({ level }) => level === 'error')
  if (errors.length > 0) {
    throw new CdcError(
      'CDC_PREREQUISITE',
      errors.map(({ message, next }) => findingText(message, next)).join('\n'),
    )
  }
  await database.prepare(names)
  const log = await startPosition(database, settings)
  const history = new SchemaHistory()
  const isLoaded = start.mode === 'load' || start.mode === 'load-only'
  for (const schema of await database.schemas(names)) {
    addTable(tables, history, schema, log, isLoaded)
  }
  return { log, tables, history, envelope: undefined, isFresh: true }
}

/** `discover`: tables that are selected by now and were not before are loaded as well. */
export async function laterStart(
  database: Database,
  tables: TableSet,
  settings: CdcSettings,
  context: Pick<SourceContext, 'position' | 'kept'>,
): Promise<StartPoint> {
  const saved = readPosition(context.position)
  const history = new SchemaHistory()
  const unknown: FollowedTable[] = []
  for (const kept of TableSet.saved(context.kept)) {
    const isWanted = tables.rules.isSelected(kept) || kept.shown !== undefined
    if (!isWanted) {
      tables.forget(kept)
      continue
    }
    history.restore(kept, context.kept.get(`schemas/${tableKey(kept)}`))
    const schema = history.schemaAt(kept, saved.log, (a, b) => database.comparePositions(a, b))
    const table = FollowedTable.restore(kept, schema ?? { ...kept, columns: [], key: [] })
    tables.restore(table)
    if (schema === undefined && table.phase !== 'dropped') unknown.push(table)
  }
  const names = await selectedTables(database, tables)
  const added = names.filter((name) => tables.get(name) === undefined)
  const schemas = await database.schemas([...added, ...unknown.map(({ name }) => name)])
  const isLoaded = settings.start.mode === 'load' || settings.start.mode === 'load-only'
  for (const schema of schemas) {
    const table = tables.get(schema)
    if (table === undefined) addTable(tables, history, schema, saved.log, isLoaded)
    else table.schema = schema
  }
  await database.prepare(names)
  return { log: saved.log, tables, history, envelope: saved.envelope, isFresh: false }
}

function findingText(message: string, next: string): string {
  return `${message.replace(/\.?$/, '.')} ${next}`
}

/**
 * With those that are named in full and not to be seen: the database's check then says whether they do not exist, or which grant is
 * missing. One that is misspelt would else be left out without a word.
 */
export async function wantedTables(
  database: Database,
  tables: TableSet,
  named: readonly NamedTable[],
): Promise<TableName[]> {
  const selected = await database
    .tables()
    .then((listings) => listings.filter((listing) => tables.rules.isSelected(listing)))
  const unseen = named.filter(({ isOf }) => !selected.some((listing) => isOf(listing)))
  return [...selected, ...unseen.map(({ name }) => name)]
}

export async function selectedTables(database: Database, tables: TableSet): Promise<TableName[]> {
  const listings = await database.tables()
  return listings.filter((listing) => tables.rules.isSelected(listing))
}

export function addTable(
  tables: TableSet,
  history: SchemaHistory,
  schema: TableSchema,
  log: LogPosition,
  isLoaded: boolean,
): void {
  const table = new FollowedTable(schema)
  if (!isLoaded) {
    table.phase = 'following'
    table.known = 'current'
  }
  tables.add(table)
  history.add(schema, log, schema)
}

export function readPosition(value: unknown): SavedPosition {
  if (typeof value === 'object' && value !== null && 'log' in value) {
    const { log } = value
    // The database reads its own position, and refuses what is none.
    if (typeof log === 'object' && log !== null) return value as SavedPosition
  }
  throw new CdcError(
    'CDC_POSITION',
    `The committed position is not one of a database source: ${JSON.stringify(value).slice(0, 80)}. ` +
      'Give the source another name, or use another data directory.',
  )
}

async function startPosition(database: Database, { start }: CdcSettings): Promise<LogPosition> {
  switch (start.mode) {
    case 'position':
      return database.parsePosition(start.position)
    case 'time': {
      const position = await database.positionAtTime(start.timeMs)
      if (position !== undefined) return position
      throw new CdcError(
        'CDC_POSITION',
        `The log of ${database.name} does not say where it was at ${new Date(start.timeMs).toISOString()}: it begins later, or ` +
          "keeps no times. Start with 'load', or from a position.",
      )
    }
    default:
      return database.currentPosition()
  }
}

export function tablesThatLose(tables: Iterable<FollowedTable>): FollowedTable[] {
  return Array.from(tables)
    .filter(hasLost)
    .sort((a, b) => (tableText(a.name) < tableText(b.name) ? -1 : 1))
}

/** Changes of it that were not read are missing from now on. A load that has not begun misses nothing. */
function hasLost({ phase, isPartlyLoaded, known }: FollowedTable): boolean {
  if (phase === 'dropped' || phase === 'quarantined') return false
  return phase === 'following' || isPartlyLoaded || known !== 'none'
}
