/**
 * Tables made again from the records of a stream, by what a consumer would do with records in DMS' form, and nothing else: it knows
 * neither the database nor our code. On its way it holds the laws of a row's history: a row appears once (`load` or `insert`), an
 * update's values before are those that the row had, what is deleted was there and looked so. A table without a key is a bag of rows.
 */
import { type ExactJson, parseExact } from './exact-json.ts'

export type Cell = string | null
export type Cells = ReadonlyMap<string, Cell>

interface RebuiltTable {
  /** With their types. */
  columns: Map<string, string>
  key: readonly string[]
  /** By the key's text; without a key by the whole row's, with how often it is there. */
  readonly rows: Map<string, { cells: Map<string, Cell>; count: number }>
}

interface DmsRecord {
  readonly data?: Record<string, ExactJson>
  readonly 'before-image'?: Record<string, ExactJson>
  readonly control?: {
    readonly 'table-def'?: {
      readonly columns: Record<string, { readonly type: string }>
      readonly 'primary-key': readonly string[]
    }
    readonly 'renamed-to'?: { readonly 'schema-name': string; readonly 'table-name': string }
  }
  readonly metadata: {
    readonly 'record-type': 'data' | 'control'
    readonly operation: string
    readonly 'schema-name': string
    readonly 'table-name': string
    readonly 'transaction-id'?: string
  }
}

export class RebuiltTables {
  readonly tables = new Map<string, RebuiltTable>()
  /** What was seen, by operation. */
  readonly operations = new Map<string, number>()
  #position = 0

  /** Throws where a law is broken, with the record. */
  take(text: string): void {
    const record = parseExact(text) as unknown as DmsRecord // its form is what is checked by all that follows
    const { operation } = record.metadata
    this.operations.set(operation, (this.operations.get(operation) ?? 0) + 1)
    try {
      if (record.metadata['record-type'] === 'control') this.#control(record)
      else this.#change(record)
    } catch (error) {
      throw new Error(`record ${this.#position}: ${error instanceof Error ? error.message : error}\n${text}`)
    }
    this.#position++
  }

  /** Rows in these columns, sorted; a cell that was never named is null. */
  rowsOf(name: string, columns: readonly string[]): string[] {
    const table = this.tables.get(name)
    const rows: string[] = []
    for (const { cells, count } of table?.rows.values() ?? []) {
      const row = JSON.stringify(columns.map((column) => cells.get(column) ?? null))
      for (let i = 0; i < count; i++) rows.push(row)
    }
    return rows.sort()
  }

  #control({ control = {}, metadata }: DmsRecord): void {
    const name = `${metadata['schema-name']}.${metadata['table-name']}`
    const definition = control['table-def']
    const table = this.tables.get(name)
    switch (metadata.operation) {
      case 'create-table': {
        const key = definition?.['primary-key'] ?? []
        const columns = columnsOf(definition)
        if (table !== undefined && table.rows.size > 0) throw new Error(`table ${name} has rows already`)
        this.tables.set(name, { columns, key, rows: new Map() })
        return
      }
      case 'truncate-table':
        table?.rows.clear()
        return
      case 'drop-table':
        this.tables.delete(name)
        return
      case 'rename-table': {
        const to = control['renamed-to']
        if (to === undefined) throw new Error('it does not say what the table is called now')
        const moved = table ?? { columns: new Map<string, string>(), key: [], rows: new Map() }
        this.tables.delete(name)
        const newName = `${to['schema-name']}.${to['table-name']}`
        if ((this.tables.get(newName)?.rows.size ?? 0) > 0)
          throw new Error(`table ${newName} has rows already`)
        this.tables.set(newName, moved)
        return
      }
      default:
        if (table !== undefined && definition !== undefined) changeColumns(table, definition)
    }
  }

  #change({ data = {}, 'before-image': before, metadata }: DmsRecord): void {
    const name = `${metadata['schema-name']}.${metadata['table-name']}`
    const table = this.tables.get(name)
    if (table === undefined) throw new Error(`table ${name} has not begun`)
    const isLoad = metadata.operation === 'load'
    if (isLoad !== (metadata['transaction-id'] === undefined))
      throw new Error('a load has no transaction, and a change has one')
    const after = cellsOf(data)
    if (table.key.length === 0) changeBag(table, metadata.operation, after, before && cellsOf(before))
    else changeKeyed(table, metadata.operation, after, before && cellsOf(before))
  }
}

function changeKeyed(table: RebuiltTable, operation: string, data: Cells, before: Cells | undefined): void {
  const key = JSON.stringify(table.key.map((column) => data.get(column) ?? null))
  const row = table.rows.get(key)
  if (operation === 'load' || operation === 'insert') {
    if (row !== undefined) throw new Error(`the row is there already: ${shown(row.cells)}`)
    table.rows.set(key, { cells: new Map(data), count: 1 })
    return
  }
  if (row === undefined) throw new Error('the row is not there')
  if (operation === 'delete') {
    assertKnown(row.cells, data)
    table.rows.delete(key)
    return
  }
  if (before !== undefined) assertKnown(row.cells, before)
  for (const [column, cell] of data) row.cells.set(column, cell)
}

function changeBag(table: RebuiltTable, operation: string, data: Cells, before: Cells | undefined): void {
  const add = (cells: Cells) => {
    const text = shown(cells)
    const row = table.rows.get(text) ?? { cells: new Map(cells), count: 0 }
    row.count++
    table.rows.set(text, row)
  }
  const remove = (cells: Cells) => {
    const text = shown(cells)
    const row = table.rows.get(text)
    if (row === undefined) throw new Error(`no such row: ${text}`)
    if (--row.count === 0) table.rows.delete(text)
  }
  if (operation === 'load' || operation === 'insert') add(data)
  else if (operation === 'delete') remove(data)
  else {
    if (before === undefined) throw new Error('an update without the values before')
    remove(before)
    add(data)
  }
}

/** What a record says of a row is what the row was; a cell that was never named is null. */
function assertKnown(row: Cells, said: Cells): void {
  for (const [column, cell] of said) {
    const had = row.get(column) ?? null
    if (had !== cell)
      throw new Error(`column ${column} was ${JSON.stringify(had)}, the record says ${JSON.stringify(cell)}`)
  }
}

type Definition = NonNullable<NonNullable<DmsRecord['control']>['table-def']>

function columnsOf(definition: Definition | undefined): Map<string, string> {
  return new Map(Object.entries(definition?.columns ?? {}).map(([name, { type }]) => [name, type]))
}

function changeColumns(table: RebuiltTable, definition: Definition): void {
  const columns = columnsOf(definition)
  const [names, old] = [[...columns.keys()], [...table.columns.keys()]]
  const gone = old.filter((column) => !columns.has(column))
  // One name for another of the same type in its place is a rename, also where the record says that several things changed: a log
  // that has no statements cannot tell more. Nothing here drops a column and adds one like it in its place.
  const isRename = names.length === old.length && gone.length === 1
  for (const { cells } of table.rows.values()) {
    for (const column of gone) {
      const to = names[old.indexOf(column)]
      if (isRename && to !== undefined && columns.get(to) === table.columns.get(column)) {
        cells.set(to, cells.get(column) ?? null)
      }
      cells.delete(column)
    }
  }
  table.columns = columns
}

function cellsOf(members: Record<string, ExactJson>): Map<string, Cell> {
  return new Map(
    Object.entries(members).map(([name, value]) => [
      name,
      value === null || typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
}

/** The same for equal rows, whichever nulls were named. */
function shown(cells: Cells): string {
  return JSON.stringify([...cells].filter(([, cell]) => cell !== null).sort())
}
