/**
 * Rows of a table of MySQL or MariaDB: in chunks by its key, each by one statement over the index, or all at once where it has no key.
 * Nothing is locked but the table's definition, for the time of a chunk. Values are those that the log's reader gives.
 */
import { CdcError } from '../../errors.ts'
import type { Row } from '../../model/column-value.ts'
import { type TableSchema, tableText } from '../../model/table-schema.ts'
import type { Chunk, KeyValues, TableReader } from '../../snapshot/table-reader.ts'
import { fromTableSchema } from '../schema/mysql-table.ts'
import type { ServerFacts } from '../schema/server-facts.ts'
import { behind, compareHere, keyColumns, orderOf, serverComparison } from './key-query.ts'
import { readWholeTable } from './read-whole.ts'
import { type RowMaker, rawBytes, rowMaker, selectRows } from './row-query.ts'
import { type SnapshotOptions, type TableNow, TableSession } from './table-session.ts'

/** Keys that one statement compares. */
const comparedKeys = 200

export async function openMysqlTable(
  schema: TableSchema,
  facts: ServerFacts,
  options: SnapshotOptions,
  signal: AbortSignal,
): Promise<TableReader & AsyncDisposable> {
  return new MysqlTableReader(new TableSession(await options.open(signal), facts, schema, options), {
    schema,
    facts,
    options,
  })
}

interface ReaderParts {
  readonly schema: TableSchema
  readonly facts: ServerFacts
  readonly options: SnapshotOptions
}

class MysqlTableReader implements TableReader, AsyncDisposable {
  readonly #table: TableSession
  readonly #parts: ReaderParts
  #compiled: { readonly schema: TableSchema; readonly rows: RowMaker } | undefined
  /** Bytes of a row as the last chunk had them; rows of the next one are as large, it is guessed. */
  #rowBytes = 0

  constructor(table: TableSession, parts: ReaderParts) {
    this.#table = table
    this.#parts = parts
  }

  async readChunk(
    after: KeyValues | undefined,
    limits: { readonly rowsMax: number; readonly bytesMax: number },
    signal: AbortSignal,
  ): Promise<Chunk> {
    const {
      now,
      rows: read,
      view,
    } = await this.#table.inView((table) => this.#readRows(table, after, limits, signal), signal)
    const { schema } = now
    const lastRow = read.rows.at(-1)
    const hasMore = read.hasMore && lastRow !== undefined
    return { schema, rows: read.rows, last: hasMore ? schema.key.map((i) => lastRow[i]) : undefined, view }
  }

  readWhole(
    limits: { readonly rowsMax: number; readonly bytesMax: number },
    signal: AbortSignal,
  ): AsyncIterable<Chunk> {
    return readWholeTable(this.#parts.schema, this.#parts.facts, this.#parts.options, limits, signal)
  }

  async areAtMost(
    keys: readonly KeyValues[],
    bound: KeyValues,
    signal: AbortSignal,
  ): Promise<readonly boolean[]> {
    const answers: boolean[] = []
    for (let at = 0; at < keys.length; at += comparedKeys) {
      answers.push(...(await this.#compareSome(keys.slice(at, at + comparedKeys), bound, signal)))
    }
    return answers
  }

  async estimateRows(): Promise<number | undefined> {
    const { schema, table } = this.#parts.schema
    const [row] = await this.#table.session.texts(
      'SELECT TABLE_ROWS FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?',
      [schema, table],
    )
    return row?.[0] ? Number(row[0]) : undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#table[Symbol.asyncDispose]()
  }

  async #readRows(
    now: TableNow,
    after: KeyValues | undefined,
    limits: { readonly rowsMax: number; readonly bytesMax: number },
    signal: AbortSignal,
  ): Promise<{ readonly rows: readonly Row[]; readonly hasMore: boolean }> {
    const { schema } = now
    this.#refuseOtherKey(schema)
    const guess = this.#rowBytes === 0 ? limits.rowsMax : Math.ceil((1.25 * limits.bytesMax) / this.#rowBytes)
    const limit = Math.max(1, Math.min(limits.rowsMax, guess))
    const condition = after === undefined ? undefined : behind(schema, after)
    const where = condition === undefined ? '' : `WHERE ${condition.sql}`
    const sql = `${selectRows(now)} ${where} ORDER BY ${orderOf(schema)} LIMIT ${limit}`
    const maker = this.#maker(schema)
    const rows: Row[] = []
    let [bytes, seen] = [0, 0]
    await this.#table.session.each(
      sql,
      condition?.values ?? [],
      (raw) => {
        seen++
        // What is over the bound is left on the way: the next chunk begins with it.
        if (bytes > limits.bytesMax) return
        bytes += rawBytes(raw)
        rows.push(maker(raw))
      },
      signal,
    )
    if (rows.length > 0) this.#rowBytes = bytes / rows.length
    return { rows, hasMore: seen === limit || rows.length < seen }
  }

  /** What stands in a cursor is of the key that the table had. */
  #refuseOtherKey(schema: TableSchema): void {
    const names = (of: TableSchema) => keyColumns(of).map(({ name }) => name)
    const given = this.#parts.schema
    if (schema.key.length > 0 && JSON.stringify(names(schema)) === JSON.stringify(names(given))) return
    throw new CdcError(
      'CDC_TABLE_MISSING',
      `The table ${tableText(given)} no longer has the key (${names(given).join(', ')}); the log will tell of the change.`,
    )
  }

  async #compareSome(
    keys: readonly KeyValues[],
    bound: KeyValues,
    signal: AbortSignal,
  ): Promise<readonly boolean[]> {
    const columns = keyColumns(this.#parts.schema)
    // By key and column: the order, or the index of the server's answer.
    const asked: string[] = []
    const values: string[] = []
    // As the keys were logged: the table may be gone by now, or be another one.
    const table = fromTableSchema(this.#parts.schema) ?? (await this.#table.look(signal)).table
    const parts = keys.map((key) =>
      columns.map((column, i) => {
        const condition = serverComparison(column, table, key[i], bound[i])
        if (condition === undefined) return { order: compareHere(column, key[i], bound[i]) }
        asked.push(condition.sql)
        values.push(...condition.values.map(String))
        return { answer: asked.length - 1 }
      }),
    )
    const [answers = []] =
      asked.length === 0 ? [] : await this.#texts(`SELECT ${asked.join(', ')}`, values, signal)
    return parts.map((ofKey) => {
      for (const part of ofKey) {
        const order = 'order' in part ? part.order : Number(answers[part.answer])
        if (order !== 0) return order < 0
      }
      return true
    })
  }

  async #texts(sql: string, values: readonly string[], signal: AbortSignal) {
    try {
      return await this.#table.session.texts(sql, values, signal)
    } catch (error) {
      throw this.#table.mapped(error, signal)
    }
  }

  #maker(schema: TableSchema): RowMaker {
    if (this.#compiled?.schema !== schema) this.#compiled = { schema, rows: rowMaker(schema) }
    return this.#compiled.rows
  }
}
