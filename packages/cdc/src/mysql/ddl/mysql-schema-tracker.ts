/**
 * Tables as they were at the place of the log that is read: what was known where reading began, and what the statements of the log have
 * made of it since. What the log itself says of a table (types always; names, labels and keys with `binlog_row_metadata=FULL`) goes
 * before what is known. The database is asked only for tables that nothing is known of, and what it says is used only where it fits the
 * log. Tables that nobody selected are followed too once the log has created them: they may be renamed into selected ones.
 */
import type { DatabaseContext } from '../../database/database.ts'
import { CdcError } from '../../errors.ts'
import type { LogTables } from '../../log/log-reader.ts'
import { type TableName, type TableSchema, tableText } from '../../model/table-schema.ts'
import type { LoggedTable } from '../binlog/logged-table.ts'
import type { LoggedStatement, Resolution, SchemaEffect, SchemaTracker } from '../log/schema-tracker.ts'
import { foldColumn, fromTableSchema, type MysqlTable, toTableSchema } from '../schema/mysql-table.ts'
import { foldName, type ServerFacts } from '../schema/server-facts.ts'
import { alteredTable, createdTable } from './apply-statement.ts'
import type { AlterAction, DdlStatement, WrittenName } from './ddl-statement.ts'
import { chosenCollation } from './declared-column.ts'
import { loggedTable, misfit, withLoggedNulls, withoutHidden } from './fit-log.ts'
import { isSequence } from './is-sequence.ts'
import { parseDdl } from './parse-ddl.ts'
import { schemaOperation } from './schema-difference.ts'

export interface SchemaTrackerOptions {
  readonly tables: LogTables
  readonly facts: ServerFacts
  /** Tables as the database has them now. */
  readonly readTables: (names: readonly TableName[]) => Promise<readonly MysqlTable[]>
  /** The collation that new tables of a schema get now; undefined: there is no such schema. */
  readonly schemaCollation: (schema: string) => Promise<string | undefined>
  readonly warn: DatabaseContext['warn']
}

/** A table and the one schema object that stands for it until it changes. */
interface Known {
  readonly table: MysqlTable
  readonly schema: TableSchema
}

export function mysqlSchemaTracker(options: SchemaTrackerOptions): SchemaTracker {
  return new MysqlSchemaTracker(options)
}

class MysqlSchemaTracker implements SchemaTracker {
  readonly #options: SchemaTrackerOptions
  readonly #known = new Map<string, Known>()
  readonly #collations = new Map<string, string>()
  /** Calls of functions that were warned of. */
  readonly #calls = new Set<string>()

  constructor(options: SchemaTrackerOptions) {
    this.#options = options
    for (const schema of options.tables.schemas()) {
      const table = fromTableSchema(schema)
      if (table !== undefined) this.#known.set(this.#key(schema), { table, schema })
    }
  }

  async resolve(given: LoggedTable, place: string): Promise<Resolution> {
    const { facts } = this.#options
    const known = this.#known.get(this.#key(given))
    const logged = withoutHidden(given, known?.table, facts)
    refuseVersioned(logged, place)
    const reason = known === undefined ? 'nothing is known of it' : misfit(known.table, logged, facts)
    if (known !== undefined && reason === undefined) {
      const table = withLoggedNulls(known.table, logged)
      return table === known.table ? { schema: known.schema, effects: [] } : this.#replace(known, table)
    }
    const [current] = await this.#options.readTables([logged])
    if (known === undefined && current === undefined && isSequence(logged)) {
      return { schema: undefined, effects: [] }
    }
    const currentMisfit =
      current === undefined ? 'it is gone' : misfit(current, withoutHidden(given, current, facts), facts)
    if (current !== undefined && currentMisfit === undefined) {
      return this.#replace(known, withLoggedNulls(current, logged))
    }
    if (logged.isComplete) {
      const sources = [
        ...(known === undefined ? [] : [known.table]),
        ...(current === undefined ? [] : [current]),
      ]
      return this.#replace(known, loggedTable(logged, sources, facts))
    }
    throw new CdcError(
      'CDC_SCHEMA_UNKNOWN',
      `The rows of ${tableText(logged)} at ${place} do not fit: ${reason}; the table as it is now does not fit either: ` +
        `${currentMisfit}. Run SET GLOBAL binlog_row_metadata = 'FULL' so that the log describes its rows from now on, ` +
        'and load the table again.',
    )
  }

  async apply(statement: LoggedStatement, place: string): Promise<readonly SchemaEffect[]> {
    const { facts } = this.#options
    const parsed = parseDdl(statement.text, { ...facts, ...statement })
    const effects = new Effects(statement)
    if (statement.errorCode !== 0 && parsed.kind !== 'drop-tables' && parsed.kind !== 'drop-schema') {
      // Statements that failed did nothing, with one exception: the old table is gone, the new one was not made.
      if (parsed.kind === 'create-table' && parsed.orReplace) {
        effects.skipTaken()
        this.#drop(this.#name(parsed.name, statement), effects)
      }
      return effects.all
    }
    switch (parsed.kind) {
      case 'create-table':
        await this.#create(parsed, statement, effects)
        break
      case 'alter-table':
        await this.#alter(parsed, statement, effects, place)
        break
      case 'rename-tables':
        for (const { from, to } of parsed.pairs) {
          await this.#rename(this.#name(from, statement), this.#name(to, statement), effects)
        }
        break
      case 'drop-tables':
        effects.skipTaken()
        for (const name of parsed.names) this.#drop(this.#name(name, statement), effects)
        break
      case 'drop-schema':
        effects.skipTaken()
        this.#dropSchema(parsed.schema, effects)
        break
      case 'truncate':
        this.#truncate(this.#name(parsed.name, statement), effects)
        break
      case 'create-schema':
      case 'alter-schema':
        this.#noteCollation(parsed.schema ?? statement.schema, parsed, statement)
        break
      case 'changes-rows':
        this.#refuseRowChange(parsed, statement, place)
        break
      case 'calls-function':
        this.#warnOfCall(parsed.text, place)
        break
      case 'harmless':
        break
    }
    return effects.all
  }

  async #create(
    parsed: DdlStatement & { kind: 'create-table' },
    statement: LoggedStatement,
    effects: Effects,
  ): Promise<void> {
    const name = this.#name(parsed.name, statement)
    const isSelected = this.#isSelected(name)
    const known = this.#known.get(this.#key(name))
    // Logged although it did nothing, or taken before a restart: then the new table is what is known.
    if (known !== undefined && parsed.ifNotExists && !effects.isSkipping) return
    if (parsed.orReplace) {
      if (effects.isSkipping && known === undefined) effects.skip()
      else if (!effects.isSkipping && known !== undefined) this.#drop(name, effects)
    }
    if (effects.isSkipping) return effects.skip()
    const table = await this.#newTable(name, parsed, statement)
    // It is gone by now, and nothing tells what it was like: rows of it will be asked for again.
    if (table === undefined) return
    const { schema } = this.#set(table)
    if (!isSelected) return
    effects.push({ kind: 'schema', operation: 'create-table', table: name, before: undefined, after: schema })
  }

  async #newTable(
    name: TableName,
    parsed: DdlStatement & { kind: 'create-table' },
    statement: LoggedStatement,
  ): Promise<MysqlTable | undefined> {
    if (parsed.like !== undefined) {
      const source = this.#name(parsed.like, statement)
      const table = this.#known.get(this.#key(source))?.table ?? (await this.#options.readTables([source]))[0]
      return table === undefined ? this.#current(name) : { ...table, ...name }
    }
    if (parsed.hasQuery || parsed.columns.length === 0) return this.#current(name)
    return createdTable(name, parsed, await this.#collationOf(name.schema, statement), this.#options.facts)
  }

  async #alter(
    parsed: DdlStatement & { kind: 'alter-table' },
    statement: LoggedStatement,
    effects: Effects,
    place: string,
  ): Promise<void> {
    const name = this.#name(parsed.name, statement)
    // Of several new names the last one counts.
    const rename = parsed.actions.findLast((action) => action.kind === 'rename-table')
    const known = this.#known.get(this.#key(name))
    this.#warnOfUnloggedRows(name, parsed.actions, statement, place)
    // Taken before a restart: the table is what it became, unless renaming was the only effect.
    if (effects.isSkipping && (rename === undefined || known !== undefined)) effects.skip()
    else if (!effects.isSkipping && known !== undefined) {
      const table = alteredTable(known.table, parsed.actions, this.#options.facts)
      this.#change(known, table, parsed.actions, effects)
    }
    if (rename !== undefined) await this.#rename(name, this.#name(rename.to, statement), effects)
  }

  #change(known: Known, table: MysqlTable, actions: readonly AlterAction[], effects: Effects): void {
    const after = this.#set(table).schema
    const operation = schemaOperation(known.schema, after, renamedColumns(actions))
    if (operation === undefined || !this.#isSelected(table)) return
    effects.push({ kind: 'schema', operation, table: nameOf(table), before: known.schema, after })
  }

  async #rename(from: TableName, to: TableName, effects: Effects): Promise<void> {
    const isSelected = this.#isSelected(from) || this.#isSelected(to)
    if (effects.isSkipping) {
      if (isSelected) effects.skip()
      return
    }
    const known = this.#known.get(this.#key(from))
    const table = known?.table ?? (isSelected ? await this.#current(to) : undefined)
    this.#known.delete(this.#key(from))
    if (table === undefined) return
    const before = known?.schema ?? toTableSchema({ ...table, ...from })
    const after = this.#set({ ...table, ...to }).schema
    if (isSelected) effects.push({ kind: 'schema', operation: 'rename-table', table: from, before, after })
  }

  #drop(name: TableName, effects: Effects): void {
    const known = this.#known.get(this.#key(name))
    if (known === undefined) return
    this.#known.delete(this.#key(name))
    if (!this.#isSelected(name)) return
    effects.push({
      kind: 'schema',
      operation: 'drop-table',
      table: name,
      before: known.schema,
      after: undefined,
    })
  }

  #dropSchema(schema: string, effects: Effects): void {
    const folded = this.#fold(schema)
    for (const { table } of [...this.#known.values()]) {
      if (this.#fold(table.schema) === folded) this.#drop(nameOf(table), effects)
    }
    this.#collations.delete(folded)
  }

  #truncate(name: TableName, effects: Effects): void {
    if (!this.#isSelected(name)) return
    const known = this.#known.get(this.#key(name))
    // Of a table that is not known here nothing was told, so nothing is to be emptied.
    if (known !== undefined) effects.push({ kind: 'truncate', table: known.schema })
  }

  #replace(known: Known | undefined, table: MysqlTable): Resolution {
    const { schema } = this.#set(table)
    const name = nameOf(table)
    const head = { kind: 'schema', table: name, after: schema, statement: undefined } as const
    if (known === undefined) {
      return { schema, effects: [{ ...head, operation: 'create-table', before: undefined }] }
    }
    const operation = schemaOperation(known.schema, schema)
    return {
      schema,
      effects: operation === undefined ? [] : [{ ...head, operation, before: known.schema }],
    }
  }

  #noteCollation(
    schema: string,
    parsed: DdlStatement & { kind: 'create-schema' | 'alter-schema' },
    statement: LoggedStatement,
  ): void {
    // Logged although it may have done nothing: the database will be asked.
    if (parsed.kind === 'create-schema' && parsed.ifNotExists) return
    const { facts } = this.#options
    const server = facts.collations.get(statement.serverCollation ?? -1) ?? facts.serverCollation
    const charset = server.slice(0, server.indexOf('_'))
    const chosen = chosenCollation(parsed, facts, charset)
    const collation = chosen ?? (parsed.kind === 'create-schema' ? server : undefined)
    if (collation !== undefined) this.#collations.set(this.#fold(schema), collation)
  }

  async #collationOf(schema: string, statement: LoggedStatement): Promise<string> {
    const { facts } = this.#options
    const logged = facts.collations.get(statement.schemaCollation ?? -1)
    if (logged !== undefined && this.#fold(schema) === this.#fold(statement.schema)) return logged
    const noted = this.#collations.get(this.#fold(schema))
    if (noted !== undefined) return noted
    const asked = (await this.#options.schemaCollation(schema)) ?? facts.serverCollation
    this.#collations.set(this.#fold(schema), asked)
    return asked
  }

  #refuseRowChange(
    { verb, names }: DdlStatement & { kind: 'changes-rows' },
    statement: LoggedStatement,
    place: string,
  ): void {
    const hit = names.map((name) => this.#name(name, statement)).find((name) => this.#isSelected(name))
    if (hit === undefined) return
    throw new CdcError(
      'CDC_PREREQUISITE',
      `The log has ${verb} of ${tableText(hit)} at ${place} as a statement, not as rows. ` +
        "Run SET GLOBAL binlog_format = 'ROW', let the sessions that write connect again, and load the table again.",
    )
  }

  #warnOfCall(text: string, place: string): void {
    if (this.#calls.has(text)) return
    this.#calls.add(text)
    this.#options.warn(
      'CDC_ROWS_UNLOGGED',
      `The log has ${text}(...) at ${place} as a statement: which rows the function changed is not in the log. ` +
        "Run SET GLOBAL binlog_format = 'ROW', let the sessions that write connect again, and load the tables again that it writes to.",
    )
  }

  #warnOfUnloggedRows(
    name: TableName,
    actions: readonly AlterAction[],
    statement: LoggedStatement,
    place: string,
  ): void {
    for (const action of actions) {
      if (action.kind !== 'unlogged-rows') continue
      const names = [name, ...(action.with === undefined ? [] : [this.#name(action.with, statement)])]
      for (const hit of names.filter((one) => this.#isSelected(one))) {
        this.#options.warn(
          'CDC_ROWS_UNLOGGED',
          `${action.what} on ${tableText(hit)} at ${place}: the log does not say which rows came or went. Load the table again.`,
        )
      }
    }
  }

  async #current(name: TableName): Promise<MysqlTable | undefined> {
    return (await this.#options.readTables([name]))[0]
  }

  #set(table: MysqlTable): Known {
    const known = { table, schema: toTableSchema(table) }
    this.#known.set(this.#key(table), known)
    return known
  }

  #isSelected(name: TableName): boolean {
    return this.#options.tables.isSelected(name)
  }

  /** As the server stores it. */
  #name({ schema, table }: WrittenName, statement: LoggedStatement): TableName {
    const isLower = this.#options.facts.lowerCaseNames === 1
    const name = { schema: schema ?? statement.schema, table }
    return isLower ? { schema: name.schema.toLowerCase(), table: table.toLowerCase() } : name
  }

  #key({ schema, table }: TableName): string {
    return JSON.stringify([this.#fold(schema), this.#fold(table)])
  }

  #fold(name: string): string {
    return foldName(this.#options.facts, name)
  }
}

/** Effects of one statement. The first `taken` of them were given before a restart: places are kept for them, nothing is done again. */
class Effects {
  readonly all: SchemaEffect[] = []
  readonly #statement: LoggedStatement

  constructor(statement: LoggedStatement) {
    this.#statement = statement
  }

  get isSkipping(): boolean {
    return this.all.length < this.#statement.taken
  }

  push(effect: SchemaEffect | Omit<SchemaEffect & { kind: 'schema' }, 'statement'>): void {
    this.all.push(effect.kind === 'schema' ? { ...effect, statement: this.#statement.text } : effect)
  }

  /** The place of one that was taken; its content does not matter. */
  skip(): void {
    this.push({
      kind: 'schema',
      operation: 'change-columns',
      table: { schema: this.#statement.schema, table: '' },
      before: undefined,
      after: undefined,
    })
  }

  skipTaken(): void {
    while (this.isSkipping) this.skip()
  }
}

/** Rows of a system-versioned table are logged with their history: a delete as an update, an update with an insert. */
function refuseVersioned(logged: LoggedTable, place: string): void {
  if (!logged.columns.some(({ name, isVisible }) => name === 'row_end' && isVisible === false)) return
  throw new CdcError(
    'CDC_LOG_UNSUPPORTED',
    `The table ${tableText(logged)} is system-versioned at ${place}: its log has the history of its rows, which is not read. ` +
      'Leave it out of the tables, or ALTER TABLE ... DROP SYSTEM VERSIONING.',
  )
}

function nameOf({ schema, table }: TableName): TableName {
  return { schema, table }
}

function renamedColumns(actions: readonly AlterAction[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const action of actions) {
    if (action.kind === 'rename-column') names.set(foldColumn(action.name), action.to)
    else if (action.kind === 'change-column') names.set(foldColumn(action.name), action.column.name)
  }
  return names
}
