/**
 * The tables of a data directory as the DynamoDB API sees them: the engine's tables, whoever made them, with what is stored
 * beside them and their status.
 *
 * Status. The engine makes and changes tables at once; a change is stored with the time at which it counts as over, so the
 * status follows from the item and the clock, survives a restart and needs no timer. A table in DELETING is dropped by the
 * first that looks at it after its time, or by a sleeper, whichever comes first.
 */
import type { Store, TableEntry } from '@millrace/store'
import type { TableInfo, Tables } from '@millrace/tables'
import { type Clock, parseTableArn, tableArn } from '@millrace/values'
import type { Caller } from '../../wire/wire-service.ts'
import { inUse, itemTableNotFound, tableNotFound } from '../faults.ts'
import { type StatusChange, type StoredTable, StoredTables } from './stored-tables.ts'

export type TableStatus = 'ACTIVE' | 'CREATING' | 'UPDATING' | 'DELETING'

/** Says why a table may not be deleted now, because the running app uses it; undefined: it may. */
export interface TableGuard {
  mayDeleteTable?(table: string): string | undefined
}

export interface DynamoTable {
  readonly name: string
  readonly arn: string
  readonly account: string
  readonly status: TableStatus
  readonly info: TableInfo
  readonly stored: StoredTable
}

export interface TableDirectoryOptions {
  readonly store: Store
  readonly tables: Tables
  readonly clock: Clock
  readonly region: string
  /** How long tables stay in CREATING, UPDATING and DELETING, ms. */
  readonly statusMs: number
  readonly guard: TableGuard | undefined
}

export class TableDirectory {
  readonly stored: StoredTables
  readonly #options: TableDirectoryOptions
  readonly #closing = new AbortController()
  /** An entry is another object once its table has changed. */
  readonly #infos = new WeakMap<TableEntry, TableInfo>()

  constructor(options: TableDirectoryOptions) {
    this.#options = options
    this.stored = new StoredTables(options.store)
    for (const { name, value } of this.stored.all()) this.#recover(name, value)
  }

  close(): void {
    this.#closing.abort()
  }

  /**
   * For operations on tables: a table in any status. `given` is a name or an ARN.
   * Errors: AccessDeniedException, ResourceNotFoundException.
   */
  find(given: string, caller: Caller, action: string): DynamoTable {
    const name = this.authorized(given, caller, action)
    const table = name === undefined ? undefined : this.named(name, caller.account)
    if (table === undefined) throw tableNotFound(name ?? given)
    return table
  }

  /**
   * For operations on items: tables in CREATING and DELETING are not there. Cheap, since it comes with every call: the
   * counts of `info` may be old. Rights to read an index are rights to the index.
   * Errors: AccessDeniedException, ResourceNotFoundException.
   */
  findReady(given: string, caller: Caller, action: string, index?: string): DynamoTable {
    const name = this.authorized(given, caller, action, index)
    const table = name === undefined ? undefined : this.#named(name, caller.account, this.#infos)
    if (table === undefined || table.status === 'CREATING' || table.status === 'DELETING') {
      throw itemTableNotFound()
    }
    return table
  }

  /** The table's name, once the caller may do this to it; undefined where an ARN is of another place. */
  authorized(given: string, caller: Caller, action: string, index?: string): string | undefined {
    const arn = given.startsWith('arn:') ? parseTableArn(given) : undefined
    const resource = arn === undefined ? this.arn(given, caller) : given
    caller.authorize(action, index === undefined ? resource : `${resource}/index/${index}`)
    if (arn === undefined) return given
    return arn.region === this.#options.region && arn.account === caller.account ? arn.table : undefined
  }

  /** Without a caller whose rights would be checked; undefined if there is none. */
  named(name: string, account: string): DynamoTable | undefined {
    return this.#named(name, account, undefined)
  }

  #named(
    name: string,
    account: string,
    infos: WeakMap<TableEntry, TableInfo> | undefined,
  ): DynamoTable | undefined {
    const { clock } = this.#options
    this.#settle(name)
    const info = this.#info(name, infos)
    if (info === undefined) return undefined
    const stored = this.storedOf(info)
    return {
      name,
      account,
      arn: this.arn(name, { account }),
      status: statusOf(stored.change, clock.now()),
      info,
      stored,
    }
  }

  #info(name: string, infos: WeakMap<TableEntry, TableInfo> | undefined): TableInfo | undefined {
    const { store, tables } = this.#options
    if (infos === undefined) return tables.table(name)
    const entry = store.tableEntry(name)
    if (entry === undefined) return undefined
    let info = infos.get(entry)
    if (info === undefined) {
      info = tables.table(name)
      if (info !== undefined) infos.set(entry, info)
    }
    return info
  }

  names(): string[] {
    for (const { name, value } of this.stored.all()) {
      if (value.change?.status === 'DELETING') this.#settle(name)
    }
    const { tables } = this.#options
    return tables
      .list()
      .map(({ name }) => name)
      .filter(isTableName)
      .sort()
  }

  arn(name: string, { account }: { account: string }): string {
    return tableArn({ region: this.#options.region, account }, name)
  }

  storedOf({ name, createdAt }: TableInfo): StoredTable {
    const stored = this.stored.get(name)
    return stored?.createdAt === createdAt ? stored : { createdAt }
  }

  /** A change of status that begins now. */
  change(status: StatusChange['status']): StatusChange {
    const { clock, statusMs } = this.#options
    return { status, until: clock.now() + statusMs }
  }

  /** Begins to delete the table. Error: ResourceInUseException. */
  remove(table: DynamoTable): void {
    const { guard, statusMs } = this.#options
    const reason = guard?.mayDeleteTable?.(table.name)
    if (reason !== undefined) throw inUse(reason)
    const change = this.change('DELETING')
    if (statusMs === 0) {
      this.#drop(table.name)
      return
    }
    this.stored.put(table.name, { ...table.stored, change })
    this.#later(statusMs, table.name)
  }

  #recover(name: string, { change, createdAt }: StoredTable): void {
    const { tables, clock } = this.#options
    if (tables.table(name)?.createdAt !== createdAt) this.stored.delete(name)
    else if (change?.status === 'DELETING') this.#later(Math.max(0, change.until - clock.now()), name)
  }

  /** Drops a table whose time has come. */
  #settle(name: string): void {
    const { tables, clock } = this.#options
    const stored = this.stored.get(name)
    if (stored?.change?.status !== 'DELETING' || clock.now() < stored.change.until) return
    if (tables.table(name)?.createdAt === stored.createdAt) this.#drop(name)
  }

  #drop(name: string): void {
    this.#options.tables.drop(name)
    this.stored.delete(name)
  }

  #later(ms: number, name: string): void {
    const { signal } = this.#closing
    void this.#options.clock.sleep(ms, signal).then(() => {
      if (signal.aborted) return
      try {
        this.#settle(name)
      } catch {
        // A full disk, for example: the item still says what is to be done, and the next call that looks at it does it.
      }
    })
  }
}

/** Apps may name tables in ways that the API cannot write; those are not listed. */
export function isTableName(name: string): boolean {
  return /^[a-zA-Z0-9_.-]{3,255}$/.test(name)
}

export function statusOf(change: StatusChange | undefined, now: number): TableStatus {
  if (change === undefined) return 'ACTIVE'
  if (change.status === 'DELETING') return 'DELETING'
  return now < change.until ? change.status : 'ACTIVE'
}

/** Error: ResourceInUseException. */
export function mustBeActive({ name, status }: DynamoTable): void {
  if (status === 'ACTIVE') return
  const what = status === 'CREATING' ? 'created' : status === 'DELETING' ? 'deleted' : 'updated'
  throw inUse(`Attempt to change a resource which is still in use: Table is being ${what}: ${name}`)
}
