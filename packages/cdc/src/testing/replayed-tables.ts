/**
 * A consumer of the stream that believes nothing: it applies records to tables of its own and refuses what does not fit what it has.
 * Records are the events as JSON (`eventEnvelope`).
 */
import type { Envelope } from '../envelope/envelope.ts'
import type { ColumnValue } from '../model/column-value.ts'
import type { LogEvent } from '../model/log-event.ts'
import type { TableName, TableSchema } from '../model/table-schema.ts'

type Values = readonly (ColumnValue | { readonly unknown: true })[]

interface RowRecord {
  readonly kind: 'row'
  readonly operation: 'load' | 'insert' | 'update' | 'delete'
  readonly table: TableSchema
  readonly before: Values | null
  readonly after: Values | null
  readonly id: string | null
}

interface OtherRecord {
  readonly kind: 'schema' | 'truncate' | 'begin'
  readonly operation?: string
  readonly table: TableSchema
  readonly name: TableName
  readonly schemaBefore: TableSchema | null
  readonly schemaAfter: TableSchema | null
}

/** Every event as one record of JSON; unknown values are told. */
export function eventEnvelope(): Envelope {
  const values = (row: readonly ColumnValue[] | undefined) =>
    row === undefined ? null : row.map((value) => (value === undefined ? { unknown: true } : value))
  return {
    encode(event: LogEvent, _nowUs, emit) {
      if (event.kind === 'row') {
        const { table, operation, before, after, transaction, order } = event
        const row = after ?? before ?? []
        const key = table.key.length === 0 ? 'row' : table.key.map((index) => String(row[index])).join('|')
        const id = transaction === undefined ? null : `${transaction.id}/${order}`
        emit(
          key,
          JSON.stringify({ kind: 'row', operation, table, before: values(before), after: values(after), id }),
        )
        return
      }
      const name = { schema: event.table.schema, table: event.table.table }
      emit(
        'control',
        JSON.stringify({
          kind: event.kind,
          name,
          ...(event.kind === 'schema'
            ? {
                operation: event.operation,
                schemaBefore: event.before ?? null,
                schemaAfter: event.after ?? null,
              }
            : {}),
        }),
      )
    },
    begin(table, _nowUs, emit) {
      emit(
        'control',
        JSON.stringify({ kind: 'begin', name: { schema: table.schema, table: table.table }, table }),
      )
    },
    warnings: () => [],
    state: () => undefined,
  }
}

interface Replayed {
  schema: TableSchema
  rows: Map<string, Values>
  nextRow: number
  /** What records say that numeric columns sum up to, by column. */
  sums: Map<string, number>
}

export class ReplayedTables {
  readonly #tables = new Map<string, Replayed>()
  /** Changes by id: none comes twice. */
  readonly #seen = new Set<string>()
  /** Loads may repeat rows that are there (a load on request). */
  isRepeating = false

  names(): string[] {
    return [...this.#tables.keys()]
  }

  rows(name: TableName): Values[] {
    return [...(this.#tables.get(keyOfName(name))?.rows.values() ?? [])]
  }

  sum(name: TableName, column: string): number {
    return this.#tables.get(keyOfName(name))?.sums.get(column) ?? 0
  }

  apply(text: string): void {
    // Written by the envelope above.
    const record = JSON.parse(text) as RowRecord | OtherRecord
    if (record.kind === 'row') this.#row(record)
    else if (record.kind === 'begin') this.#begin(record)
    else if (record.kind === 'truncate') this.#truncate(record)
    else this.#schema(record)
  }

  #begin({ table }: OtherRecord): void {
    const known = this.#tables.get(keyOfName(table))
    if (known === undefined)
      this.#tables.set(keyOfName(table), { schema: table, rows: new Map(), nextRow: 0, sums: new Map() })
    else known.schema = table
  }

  #truncate({ name }: OtherRecord): void {
    const table = this.#must(name)
    for (const row of table.rows.values()) this.#count(table, row, -1)
    table.rows.clear()
  }

  #schema({ operation, name, schemaBefore, schemaAfter }: OtherRecord): void {
    const key = keyOfName(name)
    if (operation === 'create-table') {
      if (schemaAfter === null) throw new Error('created without a schema')
      this.#tables.set(key, { schema: schemaAfter, rows: new Map(), nextRow: 0, sums: new Map() })
      return
    }
    const table = this.#must(name)
    if (operation === 'drop-table') {
      this.#tables.delete(key)
      return
    }
    if (schemaAfter === null || schemaBefore === null) throw new Error(`${operation} without schemas`)
    if (operation === 'rename-table') {
      this.#tables.delete(key)
      this.#tables.set(keyOfName(schemaAfter), table)
    } else this.#convert(table, schemaBefore, schemaAfter, operation === 'rename-column')
    table.schema = schemaAfter
  }

  #convert(table: Replayed, before: TableSchema, after: TableSchema, isRename: boolean): void {
    const from = after.columns.map(({ name }, i) => {
      const index = before.columns.findIndex((column) => column.name === name)
      return index === -1 && isRename ? i : index
    })
    if (isRename) {
      const to = after.columns.find((column) => !before.columns.some(({ name }) => name === column.name))
      const gone = before.columns.find((column) => !after.columns.some(({ name }) => name === column.name))
      if (to !== undefined && gone !== undefined) table.sums.set(to.name, table.sums.get(gone.name) ?? 0)
    }
    const rows = [...table.rows.values()].map((row) =>
      from.map((index) => (index === -1 ? null : row[index]!)),
    )
    table.schema = after
    table.rows = new Map(rows.map((row) => [this.#key(table, row), row]))
  }

  #row(record: RowRecord): void {
    const { operation, after, before, id } = record
    const table = this.#must(record.table)
    const what = () => JSON.stringify(record)
    if (JSON.stringify(names(table.schema)) !== JSON.stringify(names(record.table))) {
      throw new Error(`columns are ${names(table.schema)}, but come as ${what()}`)
    }
    if (id !== null) {
      if (this.#seen.has(id)) throw new Error(`comes twice: ${what()}`)
      this.#seen.add(id)
    }
    if (operation === 'load' || operation === 'insert') {
      if (after === null) throw new Error(`no row: ${what()}`)
      if (after.some(isUnknown)) throw new Error(`unknown values of a new row: ${what()}`)
      const key = this.#key(table, after)
      const last = table.rows.get(key)
      if (last !== undefined) {
        if (!(this.isRepeating && operation === 'load')) throw new Error(`is there already: ${what()}`)
        if (JSON.stringify(last) !== JSON.stringify(after)) {
          throw new Error(`a repeated load goes back in time: ${JSON.stringify(last)}, then ${what()}`)
        }
        return
      }
      table.rows.set(key, after)
      this.#count(table, after, 1)
      return
    }
    const old = before ?? after
    if (old === null) throw new Error(`no row: ${what()}`)
    const key = this.#find(table, old)
    const last = table.rows.get(key)
    if (last === undefined) throw new Error(`is not there: ${what()}`)
    if (before !== null) {
      before.forEach((value, i) => {
        if (!isUnknown(value) && JSON.stringify(value) !== JSON.stringify(last[i])) {
          throw new Error(`the row was ${JSON.stringify(last)}, not ${what()}`)
        }
      })
    }
    table.rows.delete(key)
    this.#count(table, last, -1)
    if (operation === 'delete' || after === null) return
    const next = after.map((value, i) => (isUnknown(value) ? last[i]! : value))
    const nextKey = this.#key(table, next)
    if (table.rows.has(nextKey)) throw new Error(`another row has the key: ${what()}`)
    table.rows.set(nextKey, next)
    this.#count(table, next, 1)
  }

  #key(table: Replayed, row: Values): string {
    if (table.schema.key.length === 0) return `row ${table.nextRow++}`
    return JSON.stringify(table.schema.key.map((index) => row[index]))
  }

  /** Of a table without a key: any row that is equal. */
  #find(table: Replayed, row: Values): string {
    if (table.schema.key.length > 0) return this.#key(table, row)
    const text = JSON.stringify(row)
    for (const [key, other] of table.rows) if (JSON.stringify(other) === text) return key
    return ''
  }

  #count({ schema, sums }: Replayed, row: Values, sign: number): void {
    schema.columns.forEach(({ name, type }, i) => {
      const value = row[i]
      if (type.kind === 'integer' && typeof value === 'number') {
        sums.set(name, (sums.get(name) ?? 0) + sign * value)
      }
    })
  }

  #must(name: TableName): Replayed {
    const table = this.#tables.get(keyOfName(name))
    if (table === undefined) throw new Error(`there is no table ${keyOfName(name)}`)
    return table
  }
}

function isUnknown(value: Values[number] | undefined): boolean {
  return typeof value === 'object' && value !== null && 'unknown' in value
}

function names({ columns }: TableSchema): string[] {
  return columns.map(({ name }) => name)
}

function keyOfName({ schema, table }: TableName): string {
  return `${schema}.${table}`
}
