/**
 * What changes of tables do: each is followed, ignored, put in quarantine, or stops the source, as the policies say. Also finds
 * changes that nobody has told: rows whose columns differ from those that are known.
 *
 * A rename moves the table with all that is known of it, its load included. A table that leaves the selection is remembered until the
 * end of the transaction, since swaps go by a third name (`RENAME TABLE a TO tmp, b TO a, tmp TO b`). One that enters the selection
 * under another name has rows that consumers do not know, so it is loaded; one that is created is empty and only followed.
 */
import type { LogPosition } from '../log/log-reader.ts'
import type { LogEvent, SchemaChange, Transaction, TruncateChange } from '../model/log-event.ts'
import { type TableName, type TableSchema, tableText } from '../model/table-schema.ts'
import type { SchemaPolicy } from './cdc-options.ts'
import { FollowedTable } from './followed-table.ts'
import { type SchemaHistory, tableKey } from './schema-history.ts'
import { kindsOf, type SchemaPolicies } from './schema-policies.ts'
import { followColumns, shownColumns } from './shown-columns.ts'
import type { TableSet } from './table-set.ts'
import {
  isSameKey,
  isSameShape,
  operationBetween,
  renamedColumn,
  type SchemaChangeKind,
} from './table-shape.ts'

export interface SchemaChangesHost {
  readonly tables: TableSet
  readonly history: SchemaHistory
  readonly policies: SchemaPolicies
  /** The log tells of a table when it is created, and all of its rows. Else a new table is loaded. */
  readonly isCreationLogged: boolean
  /** Of the log, behind the event at hand. */
  positionAfter(): LogPosition
  /** Writes the event, as rows of this table are written. */
  write(event: LogEvent, table: FollowedTable): void
  /** The table's load, if one runs, reads again from the last row that was loaded; or ends. */
  restartLoad(table: FollowedTable): void
  endLoad(table: FollowedTable): void
  warn(code: string, message: string): void
}

/** Why the source has to stop before the event. */
export interface SchemaStop {
  readonly table: TableName
  readonly what: string
}

export class SchemaChanges {
  readonly #host: SchemaChangesHost
  /** Tables that were renamed out of the selection by the transaction at hand. */
  readonly #departed = new Map<string, FollowedTable>()
  #departedBy: Transaction | undefined

  constructor(host: SchemaChangesHost) {
    this.#host = host
  }

  apply(event: SchemaChange): SchemaStop | undefined {
    if (event.transaction !== this.#departedBy) this.#departed.clear()
    switch (event.operation) {
      case 'create-table':
        return this.#created(event)
      case 'rename-table':
        return this.#renamed(event)
      case 'drop-table':
        return this.#dropped(event)
      default:
        return this.#columns(event)
    }
  }

  truncated(event: TruncateChange, table: FollowedTable): SchemaStop | undefined {
    const policy = this.#policy(table.name, ['truncate'])
    if (policy === 'stop') return { table: table.name, what: 'it was truncated' }
    if (table.phase === 'quarantined') this.#say(event, table)
    else if (policy === 'quarantine') this.#quarantine(table, 'it was truncated')
    else if (policy === 'follow') {
      this.#say(event, table)
      this.#host.restartLoad(table)
    } else this.#host.restartLoad(table)
    return undefined
  }

  /** Rows come in a schema that nobody has told: of a table that is not known, or that has changed. */
  unannounced(
    schema: TableSchema,
    transaction: Transaction | undefined,
    order: number,
  ): SchemaStop | undefined {
    const table = this.#host.tables.get(schema)
    const name: TableName = { schema: schema.schema, table: schema.table }
    const isNew = table === undefined || table.phase === 'dropped'
    return this.apply({
      kind: 'schema',
      operation: isNew ? 'create-table' : operationBetween(table.schema, schema),
      table: name,
      before: isNew ? undefined : table.schema,
      after: schema,
      statement: undefined,
      transaction,
      order,
    })
  }

  #created(event: SchemaChange): SchemaStop | undefined {
    const { tables } = this.#host
    const { after } = event
    if (after === undefined || !tables.rules.isSelected(after)) return undefined
    const known = tables.get(after)
    if (known !== undefined && known.phase !== 'dropped') return this.#columns({ ...event, table: after })
    const policy = this.#policy(after, ['create'])
    if (policy === 'stop') return { table: after, what: 'it was created' }
    const table = new FollowedTable(after)
    table.isBegun = true
    if (this.#host.isCreationLogged) {
      table.phase = 'following'
      table.known = 'current'
    }
    if (policy === 'ignore') this.#ignoreCreation(table)
    tables.forgetRoutes()
    tables.add(table)
    this.#remember(table)
    if (policy === 'quarantine') this.#quarantine(table, 'it was created')
    if (policy === 'follow') this.#say(event, table)
    return undefined
  }

  #renamed(event: SchemaChange): SchemaStop | undefined {
    const { tables, history } = this.#host
    const { after, table: from } = event
    if (after === undefined) return undefined
    const departed = this.#departed.get(tableKey(from))
    const table = departed ?? tables.get(from)
    const isSelected = tables.rules.isSelected(after)
    if (table === undefined || table.phase === 'dropped') {
      return isSelected ? this.#entered(event, after) : undefined
    }
    const policy = this.#policy(from, ['rename-table'])
    if (policy === 'stop') return { table: from, what: `it was renamed to ${tableText(after)}` }
    if (policy === 'ignore') table.shown ??= shownColumns(table.schema)
    if (departed !== undefined) {
      this.#departed.delete(tableKey(from))
      table.name = { schema: after.schema, table: after.table }
      tables.add(table)
    } else {
      tables.rename(table, after)
      history.rename(from, after)
    }
    table.schema = after
    if (policy === 'follow') this.#say(event, table)
    if (policy === 'quarantine') this.#quarantine(table, `it was renamed from ${tableText(from)}`)
    if (isSelected || policy === 'ignore') {
      this.#remember(table)
      this.#host.restartLoad(table)
    } else {
      this.#depart(table, event.transaction)
    }
    return undefined
  }

  #depart(table: FollowedTable, transaction: Transaction | undefined): void {
    const { tables, history } = this.#host
    this.#host.endLoad(table)
    if (table.phase === 'loading') table.phase = 'waiting'
    tables.remove(table)
    history.drop(table.name)
    this.#departedBy = transaction
    if (transaction !== undefined) this.#departed.set(tableKey(table.name), table)
  }

  #entered(event: SchemaChange, after: TableSchema): SchemaStop | undefined {
    const { tables } = this.#host
    const policy = this.#policy(after, ['create'])
    if (policy === 'stop') return { table: after, what: `it was renamed from ${tableText(event.table)}` }
    const last = tables.get(after)
    if (last !== undefined) this.#host.endLoad(last)
    const table = new FollowedTable(after)
    if (policy === 'ignore') this.#ignoreCreation(table)
    tables.forgetRoutes()
    tables.add(table)
    this.#remember(table)
    if (policy === 'quarantine') this.#quarantine(table, `it was renamed from ${tableText(event.table)}`)
    return undefined
  }

  #dropped(event: SchemaChange): SchemaStop | undefined {
    const { tables, history } = this.#host
    const table = tables.get(event.table)
    if (table === undefined || table.phase === 'dropped') return undefined
    const policy = this.#policy(event.table, ['drop-table'])
    if (policy === 'stop') return { table: event.table, what: 'it was dropped' }
    this.#host.endLoad(table)
    if (policy === 'quarantine') this.#quarantine(table, 'it was dropped')
    else {
      if (policy === 'follow') this.#say(event, table)
      table.phase = 'dropped'
      table.known = 'stale'
      table.cursor = undefined
      table.ahead.clear()
      history.drop(event.table)
    }
    tables.changed(table)
    return undefined
  }

  #columns(event: SchemaChange): SchemaStop | undefined {
    const { tables } = this.#host
    const { after } = event
    const table = tables.get(event.table)
    if (after === undefined) return undefined
    if (table === undefined || table.phase === 'dropped') {
      return this.#created({ ...event, operation: 'create-table', before: undefined })
    }
    const told = event.before
    if (event.operation !== 'create-table' && told !== undefined && !isSameShape(table.schema, told)) {
      // Something went before that nobody has told, as Postgres does until rows come.
      const stop = this.#columns({
        ...event,
        operation: operationBetween(table.schema, told),
        before: table.schema,
        after: told,
      })
      if (stop !== undefined) return stop
    }
    const before = table.schema
    if (JSON.stringify(before) === JSON.stringify(after)) return undefined
    const change: SchemaChange =
      event.operation === 'create-table'
        ? { ...event, operation: operationBetween(before, after), before }
        : { ...event, before }
    const kinds = kindsOf(change)
    const rename = renamedColumn(change)
    if (kinds.length === 0 && isSameShape(before, after)) {
      this.#adopt(table, after)
      return undefined
    }
    if (table.phase === 'quarantined') {
      this.#adopt(table, after)
      return undefined
    }
    const policy = this.#policy(event.table, kinds)
    const what = `its columns have changed (${change.operation}${change.statement === undefined ? '' : `: ${change.statement.slice(0, 200)}`})`
    if (policy === 'stop') return { table: event.table, what }
    if (policy === 'ignore') {
      table.shown = followColumns(table.shown ?? shownColumns(before), after, rename)
    } else table.shown = undefined
    this.#adopt(table, after)
    if (policy === 'follow') this.#say(change, table)
    if (policy === 'quarantine') this.#quarantine(table, what)
    if (isSameKey(before, after, rename)) this.#host.restartLoad(table)
    else this.#keyChanged(table)
    return undefined
  }

  /** Rows that are loaded are told apart by other columns now: a load in progress has no place to go on from. */
  #keyChanged(table: FollowedTable): void {
    if (table.phase !== 'loading' && table.phase !== 'waiting') return
    this.#host.endLoad(table)
    if (table.isPartlyLoaded) table.known = 'stale'
    table.loadAgain()
  }

  #adopt(table: FollowedTable, schema: TableSchema): void {
    table.schema = schema
    this.#host.tables.forgetRoutes()
    this.#remember(table)
  }

  #remember(table: FollowedTable): void {
    this.#host.history.add(table.name, this.#host.positionAfter(), table.schema)
    this.#host.tables.changed(table)
  }

  #quarantine(table: FollowedTable, what: string): void {
    const name = tableText(table.name)
    this.#host.endLoad(table)
    table.quarantine(what)
    this.#host.tables.changed(table)
    this.#host.warn(
      'CDC_SCHEMA_CHANGED',
      `${name} is in quarantine, since ${what}. Its changes become dead letters until it is loaded again ` +
        `(millrace source load --table ${name}) or released (millrace source release --table ${name}).`,
    )
  }

  /** Before its control records nobody knows of a table, and those tell how it is by then. */
  #say(event: LogEvent, table: FollowedTable): void {
    if (table.isBegun) this.#host.write(event, table)
  }

  #ignoreCreation(table: FollowedTable): void {
    table.phase = 'dropped'
    table.reason = 'it was created later, which the policy ignores'
  }

  #policy(table: TableName, kinds: readonly SchemaChangeKind[]): SchemaPolicy {
    return this.#host.policies.policy(table, kinds)
  }
}
