/** Random work on a few tables of a simulated database: transactions, and changes of the tables themselves. */
import type { Random } from '@millrace/values'
import type { Row } from '../model/column-value.ts'
import type { TableName, TableSchema } from '../model/table-schema.ts'
import type { SimulatedDatabase } from './simulated-database.ts'
import { column } from './simulated-keys.ts'
import type { RowEdit } from './simulated-transaction.ts'

export const orders: TableName = { schema: 'shop', table: 'orders' }
export const names: TableName = { schema: 'shop', table: 'names' }
export const pairs: TableName = { schema: 'shop', table: 'pairs' }
export const notes: TableName = { schema: 'shop', table: 'notes' }
export const hidden: TableName = { schema: 'other', table: 'hidden' }

const amount = column('n', 'integer', { bits: 32 })
const large = column('big', 'text', { isLarge: true })

export const shopSchemas: readonly TableSchema[] = [
  { ...orders, columns: [column('id', 'integer', { bits: 32 }), amount, large], key: [0] },
  { ...names, columns: [amount, column('name', 'text'), large], key: [1] },
  { ...pairs, columns: [column('a', 'text'), amount, column('b', 'integer', { bits: 32 })], key: [2, 0] },
  { ...notes, columns: [column('t', 'text'), amount], key: [] },
  { ...hidden, columns: [column('id', 'integer', { bits: 32 }), amount], key: [0] },
]

export interface WorkOptions {
  /** Transactions that are still to come. */
  transactions: number
  /** How often a table changes instead, 0 to 1. */
  readonly alterations: number
  readonly truncates: boolean
}

export class ShopWorkload {
  readonly #database: SimulatedDatabase
  readonly #random: Random
  readonly #options: WorkOptions
  #columns = 0
  #tables = 0

  constructor(database: SimulatedDatabase, random: Random, options: WorkOptions) {
    this.#database = database
    this.#random = random
    this.#options = options
  }

  get isDone(): boolean {
    return this.#options.transactions <= 0
  }

  fill(rows: number): void {
    for (const schema of shopSchemas) {
      this.#database.create(schema, false)
      const edits: RowEdit[] = []
      for (let i = 0; i < rows; i++) edits.push({ kind: 'insert', table: schema, row: this.#row(schema) })
      this.#database.commit(edits)
    }
    this.#database.settleAll()
  }

  /** A little of it: none, one or a few transactions. */
  step(): void {
    const random = this.#random
    for (let count = random.below(4); count > 0 && this.#options.transactions > 0; count--) {
      this.#options.transactions--
      if (random.next() < this.#options.alterations) this.#alter()
      else this.#commit()
    }
  }

  /** One row more in each table, so that even a log that tells of columns with rows only has told of all. */
  touch(): void {
    this.#database.settleAll()
    for (const name of this.#database.names()) {
      const schema = this.#database.schema(name)
      if (schema === undefined) continue
      for (let attempt = 0, rows = this.#database.rows(name).length; attempt < 50; attempt++) {
        this.#database.commit([{ kind: 'insert', table: name, row: this.#row(schema) }])
        this.#database.settleAll()
        if (this.#database.rows(name).length > rows) break
      }
    }
  }

  #commit(): void {
    const random = this.#random
    const size = random.next() < 0.05 ? 40 : 1 + random.below(4)
    const edits: RowEdit[] = []
    for (let i = 0; i < size; i++) {
      const table = this.#table()
      if (table !== undefined) edits.push(this.#edit(table))
    }
    this.#database.commit(edits)
  }

  #edit(table: TableSchema): RowEdit {
    const random = this.#random
    const dice = random.below(10)
    const pick = random.below(1000)
    if (dice < 3) return { kind: 'insert', table, row: this.#row(table) }
    if (dice < 5) return { kind: 'delete', table, pick }
    return {
      kind: 'update',
      table,
      pick,
      change: (row) => {
        const other = this.#row(table)
        const isMoving = dice === 9
        const isLarge = isMoving || random.below(4) === 0
        return row.map((value, i) => {
          if (table.key.includes(i)) return isMoving ? other[i] : value
          if (table.columns[i]?.type.isLarge === true && !isLarge) return value
          return other[i]
        })
      },
    }
  }

  #row(schema: TableSchema): Row {
    const random = this.#random
    return schema.columns.map((each, i) => {
      if (each.type.kind === 'integer') return schema.key.includes(i) ? random.below(60) : random.below(1000)
      const letters = 'aAbBcC019'
      const text = letters[random.below(9)]! + letters[random.below(9)]!
      return each.type.isLarge === true ? `${text} ${'x'.repeat(random.below(30))}` : text
    })
  }

  #table(): TableSchema | undefined {
    const all = this.#database.names()
    const name = all[this.#random.below(all.length)]
    return name === undefined ? undefined : this.#database.schema(name)
  }

  #alter(): void {
    const database = this.#database
    const random = this.#random
    const table = this.#table()
    if (table === undefined) return
    const isKept = (index: number) => table.key.includes(index)
    const free = table.columns.findIndex((_, i) => !isKept(i))
    switch (random.below(database.kind === 'mysql' ? 9 : 4)) {
      case 0: {
        const added = column(`c${++this.#columns}`, 'text')
        database.alter(table, 'add-column', { ...table, columns: [...table.columns, added] }, (row) => [
          ...row,
          null,
        ])
        break
      }
      case 1: {
        if (free === -1 || table.columns.length < 3) break
        const without = <T>(list: readonly T[]) => list.filter((_, i) => i !== free)
        const key = table.key.map((index) => (index > free ? index - 1 : index))
        database.alter(table, 'drop-column', { ...table, columns: without(table.columns), key }, without)
        break
      }
      case 2: {
        const at = random.below(table.columns.length)
        const columns = table.columns.map((each, i) =>
          i === at ? { ...each, name: `r${++this.#columns}` } : each,
        )
        database.alter(table, 'rename-column', { ...table, columns }, (row) => row)
        break
      }
      case 3:
        if (this.#options.truncates) database.truncate(table)
        break
      case 4: {
        const name = { schema: random.below(3) === 0 ? 'other' : 'shop', table: `t${++this.#tables}` }
        database.create({ ...table, ...name })
        break
      }
      case 5:
        if (database.names().length > 4) database.drop(table)
        break
      case 6: {
        // Also out of the selection, and into it.
        const schema = random.below(2) === 0 ? 'other' : 'shop'
        database.rename([[table, { schema, table: `t${++this.#tables}` }]])
        break
      }
      case 7: {
        const other = this.#table()
        if (other === undefined || (other.schema === table.schema && other.table === table.table)) break
        const away = { schema: 'other', table: 'swap' }
        const plain = ({ schema, table: name }: TableName) => ({ schema, table: name })
        database.rename([
          [plain(table), away],
          [plain(other), plain(table)],
          [away, plain(other)],
        ])
        break
      }
      default: {
        // Columns in another order.
        const order = table.columns.map((_, i) => i).reverse()
        const columns = order.map((index) => table.columns[index]!)
        const key = table.key.map((index) => order.indexOf(index))
        database.alter(table, 'change-columns', { ...table, columns, key }, (row) =>
          order.map((index) => row[index]),
        )
      }
    }
  }
}
