/**
 * Writing into Postgres: the rows of a statement go as one array of texts for each column, which the statement takes apart and casts
 * to the columns' types without their lengths, so that what does not fit fails instead of being cut off. One statement text then
 * serves any number of rows.
 */
import { connectPostgres, type PostgresAddress, parsePostgresAddress, type TableName } from '@millrace/cdc'
import { quoteElement } from '../cell-value.ts'
import type { Target } from '../row-write.ts'
import type { SqlDialect, SqlSession, SqlText } from '../sql-dialect.ts'
import type { Cell, TargetColumn } from '../target-table.ts'
import type { Step } from '../write-plan.ts'
import { describePostgresTable } from './postgres-catalog.ts'
import { postgresFailure } from './postgres-failure.ts'

const connectTimeoutMs = 10_000
/** Of the server's own 1 GiB for a message. */
const messageBytesMax = 512 * 1024 * 1024
/** A statement waits so long for a lock, then its transaction is tried again: a dead holder must not hold us for ever. */
const lockTimeoutMs = 30_000

export function postgresDialect(url: string, statementBytes: number): SqlDialect {
  const address = parsePostgresAddress(url)
  return {
    product: 'Postgres',
    name: address.name,
    schema: 'public',
    open: () => Session.open(address),
    describe: describePostgresTable,
    begin: async (session) => {
      await session.run('BEGIN ISOLATION LEVEL READ COMMITTED')
    },
    write: (session, step) => write(session, step, Math.min(statementBytes, session.statementBytesMax)),
    failureOf: postgresFailure,
    qualified,
    identifier,
    placeholder: (i) => `$${i + 1}`,
    createPositions: (table) =>
      `CREATE TABLE IF NOT EXISTS ${table} (
         uid text NOT NULL, stage text NOT NULL, shard integer NOT NULL, lanes integer NOT NULL, lane integer NOT NULL,
         position bigint NOT NULL, arrived bigint NOT NULL, refused text NOT NULL, stream text NOT NULL,
         PRIMARY KEY (uid, stage, shard, lanes, lane)
       )`,
    insertIfMissing: (table, columns) =>
      `INSERT INTO ${table} (${columns.map(identifier).join(', ')}) VALUES (${columns.map((_, i) => `$${i + 1}`).join(', ')}) ON CONFLICT DO NOTHING`,
    typeNames: {
      integer: 'bigint',
      decimal: 'numeric',
      float: 'double precision',
      boolean: 'boolean',
      time: 'timestamptz',
      date: 'date',
      text: 'text',
      keyText: 'text',
      json: 'jsonb',
    },
  }
}

type PgClient = Awaited<ReturnType<typeof connectPostgres>>

class Session implements SqlSession {
  readonly statementBytesMax = messageBytesMax
  readonly #client: PgClient
  #isOver = false

  static async open(address: PostgresAddress): Promise<Session> {
    const client = await connectPostgres(address, { timeoutMs: connectTimeoutMs })
    await client.query(`SET search_path = public, pg_catalog; SET lock_timeout = ${lockTimeoutMs}`)
    return new Session(client)
  }

  private constructor(client: PgClient) {
    this.#client = client
    client.on('end', () => {
      this.#isOver = true
    })
    client.on('error', () => {
      this.#isOver = true
    })
  }

  get isOver(): boolean {
    return this.#isOver
  }

  async rows(sql: string, values: readonly SqlText[] = []): Promise<readonly (readonly (string | null)[])[]> {
    const { rows } = await this.#client.query({
      text: sql,
      values: [...values],
      rowMode: 'array',
      types: asText,
    })
    // With `rowMode` and parsers that give texts, rows are arrays of texts.
    return rows as (string | null)[][]
  }

  async run(sql: string, values: readonly SqlText[] = []): Promise<number> {
    const { rowCount } = await this.#client.query({ text: sql, values: [...values], types: asText })
    return rowCount ?? 0
  }

  async close(): Promise<void> {
    this.#isOver = true
    await this.#client.end()
  }

  destroy(): void {
    this.#isOver = true
    // Without waiting for an answer; pg's Client has its Connection, and that its stream, which are not in its types.
    const { connection } = this.#client as unknown as { connection?: { stream?: { destroy(): void } } }
    connection?.stream?.destroy()
    void this.#client.end().catch(() => {})
  }
}

// The parser that pg asks for: the text itself, whatever the type. Its types want one function for each type and format.
const asText = { getTypeParser: () => (text: string) => text } as never

async function write(session: SqlSession, step: Step, bytesMax: number): Promise<void> {
  const { target } = step
  const table = qualified(target.table)
  switch (step.kind) {
    case 'truncate':
      await session.run(`DELETE FROM ${table}`)
      return
    case 'delete': {
      const { key } = target
      const where = key
        .map((column, i) => `t.${identifier(column.name)} = ${castOf(column, i)}`)
        .join(' AND ')
      const sql = `DELETE FROM ${table} AS t USING ${unnest(key)} WHERE ${where}`
      for (const values of bounded(step.rows, key, bytesMax)) await session.run(sql, values)
      return
    }
    case 'insert':
    case 'upsert': {
      const { columns } = step.columns
      const sql = `${insertInto(target, columns)} SELECT ${columns.map(castOf).join(', ')} FROM ${unnest(columns)}${
        step.kind === 'insert' ? '' : conflictClause(columns, target)
      }`
      for (const values of bounded(step.rows, columns, bytesMax)) await session.run(sql, values)
      return
    }
    case 'update': {
      const { columns } = step.columns
      const place = (column: TargetColumn) => `$${columns.indexOf(column) + 1}::text::${column.cast}`
      const assign = (column: TargetColumn) => `${identifier(column.name)} = ${place(column)}`
      const where = target.key.map((column) => `t.${assign(column)}`).join(' AND ')
      const update = `UPDATE ${table} AS t SET ${columns.map(assign).join(', ')} WHERE ${where}`
      const insert = `${insertInto(target, columns)} VALUES (${columns.map(place).join(', ')})`
      for (const row of step.rows) {
        const values = row.map(textOf)
        if ((await session.run(update, values)) === 0) await session.run(insert, values)
      }
    }
  }
}

function insertInto({ table }: Target, columns: readonly TargetColumn[]): string {
  const names = columns.map((column) => identifier(column.name)).join(', ')
  return `INSERT INTO ${qualified(table)} (${names})${table.hasStrictIdentity ? ' OVERRIDING SYSTEM VALUE' : ''}`
}

function conflictClause(columns: readonly TargetColumn[], { key }: Target): string {
  const keyNames = key.map((column) => identifier(column.name)).join(', ')
  const set = columns
    .filter((column) => !key.includes(column))
    .map((column) => `${identifier(column.name)} = EXCLUDED.${identifier(column.name)}`)
  return ` ON CONFLICT (${keyNames}) DO ${set.length === 0 ? 'NOTHING' : `UPDATE SET ${set.join(', ')}`}`
}

function castOf({ cast }: TargetColumn, i: number): string {
  return `v.c${i}::${cast}`
}

function unnest(columns: readonly TargetColumn[]): string {
  const arrays = columns.map((_, i) => `$${i + 1}::text[]`).join(', ')
  return `unnest(${arrays}) AS v(${columns.map((_, i) => `c${i}`).join(', ')})`
}

/** Rows as one array text for each column, as many as a statement may have. */
function* bounded(
  rows: readonly (readonly Cell[])[],
  columns: readonly TargetColumn[],
  bytesMax: number,
): Generator<string[]> {
  let arrays: string[][] = columns.map(() => [])
  let bytes = 0
  let count = 0
  const take = () => arrays.map((elements) => `{${elements.join(',')}}`)
  for (const row of rows) {
    const elements = row.map((cell) => {
      const text = textOf(cell)
      return text === null ? 'NULL' : quoteElement(text)
    })
    let size = 0
    // Characters that are not ASCII take more; the bound is one of memory, not of the protocol.
    for (const element of elements) size += element.length + 1
    if (count > 0 && bytes + size > bytesMax) {
      yield take()
      arrays = columns.map(() => [])
      bytes = 0
      count = 0
    }
    for (const [i, element] of elements.entries()) arrays[i]!.push(element)
    bytes += size
    count++
  }
  if (count > 0) yield take()
}

function textOf(cell: Cell): string | null {
  return cell instanceof Uint8Array
    ? `\\x${Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength).toString('hex')}`
    : cell
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function qualified({ schema, table }: TableName): string {
  return `${identifier(schema)}.${identifier(table)}`
}
