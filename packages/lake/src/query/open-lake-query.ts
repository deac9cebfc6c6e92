/**
 * SQL over the lake. A query goes through these steps, each in a file of its own: its text is read (read-statement.ts), names
 * become tables of the catalog (plan-tables.ts), tables become files (table-files.ts), files become views of a DuckDB of the query's own
 * (make-tables.ts), which is then locked and answers (prepare-query.ts).
 *
 * A file that turns out to be damaged, or not what its table says, does not end the query: it is left out or cast, and the
 * query begins anew. That is possible until the first rows are handed out; later such an error is the query's, and the next one
 * knows of the file. The same holds for a file that was put together with others and deleted since the catalog was read.
 */
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DuckDBResult } from '@duckdb/node-api'
import type { Store } from '@millrace/store'
import type { Clock } from '@millrace/values'
import type { Catalog, CatalogTable } from '../catalog/catalog-port.ts'
import { defaultDatabase } from '../catalog/check-names.ts'
import { literal } from '../duck/open-duck.ts'
import type { ManifestCache } from '../iceberg/table/table-files.ts'
import type { Buckets } from '../objects/object-store.ts'
import { fullAccess, type LakeAccess } from './access.ts'
import { type DuckSession, DuckSessions } from './duck-session.ts'
import { FileInspector } from './inspect-files.ts'
import { functionsIn, namesIn } from './list-names.ts'
import type { FileSuspicion } from './make-context.ts'
import { FilesDiffer, type MadeTables, makeEmptyTables, makeTables } from './make-tables.ts'
import { planTables, type TablePlan } from './plan-tables.ts'
import {
  asTexts,
  bindParameters,
  keepPivot,
  linesBefore,
  prepareStatement,
  statementShape,
} from './prepare-query.ts'
import { LakeQueryError, queryError } from './query-error.ts'
import type {
  ExportFile,
  ExportResult,
  LakeQuery,
  QueryOptions,
  QueryResult,
  QueryShape,
} from './query-port.ts'
import { type ReadStatement, readStatement } from './read-statement.ts'
import { endingRows, once } from './result-rows.ts'
import { TimeBudget } from './time-budget.ts'
import { Turns } from './turns.ts'

export interface LakeQueryLimits {
  /** Of one query: 512 MiB unless given. */
  readonly memoryBytes?: number
  /** Of one query: 2 unless given. */
  readonly threads?: number
  /** 60 s unless given. */
  readonly timeoutMs?: number
  /** Queries that work at the same time: 4 unless given. */
  readonly atOnce?: number
  /** Queries that wait for their turn: 64 unless given. */
  readonly waiting?: number
}

export interface LakeQueryServices {
  readonly catalog: Catalog
  readonly buckets: Buckets
  readonly clock: Clock
  /** For keyed tables; without it there are none. */
  readonly store?: Store
  readonly limits?: LakeQueryLimits
  /** What callers may read that do not say it themselves: all unless given. */
  readonly access?: LakeAccess
  /** Folders whose files queries may read by path; none unless given. */
  readonly folders?: readonly string[]
  /** Where results larger than memory may spill; nowhere unless given. */
  readonly spillDir?: string
}

export function openLakeQuery(services: LakeQueryServices): LakeQuery {
  return new DuckLakeQuery(services)
}

const defaults = { memoryBytes: 512 * 2 ** 20, threads: 2, timeoutMs: 60_000, atOnce: 4, waiting: 64 }
/** Attempts in which files are left out, cast, or found to be gone. */
const attemptsMax = 50

/** A query that is ready to run. */
interface ReadyQuery {
  readonly session: DuckSession
  readonly statement: ReadStatement
  readonly shape: QueryShape
  readonly made: MadeTables
}

class DuckLakeQuery implements LakeQuery {
  readonly #services: LakeQueryServices
  readonly #sessions: DuckSessions
  readonly #turns: Turns
  readonly #inspector = new FileInspector()
  readonly #manifests = new Map<string, ManifestCache>()
  /** By the id of a file's content. */
  readonly #suspects = new Map<string, FileSuspicion>()

  constructor(services: LakeQueryServices) {
    this.#services = services
    const { memoryBytes, threads, atOnce, waiting } = { ...defaults, ...services.limits }
    const { spillDir } = services
    this.#sessions = new DuckSessions({
      memoryBytes,
      threads,
      ...(spillDir === undefined ? {} : { spillDir }),
    })
    this.#turns = new Turns({ atOnce, waitingMax: waiting, clock: services.clock })
  }

  async run(sql: string, options: QueryOptions = {}): Promise<QueryResult> {
    return this.#withTurn(options, async (end) => {
      const { ready, result, first, budget } = await this.#attempt(
        sql,
        options,
        undefined,
        async (query, spend) => {
          const stream = await this.#start(query, options)
          return { result: stream, first: await readChunk(stream), budget: spend }
        },
      )
      const close = once(() => {
        ready.session.close()
        end()
      })
      const { tables, warnings, files } = ready.made
      const rows = endingRows(
        this.#rows({ ready, result, first, budget, signal: options.signal, close }),
        async () => close(),
      )
      return { columns: ready.shape.columns, rows, tables, warnings, files }
    })
  }

  async describe(sql: string, options: QueryOptions = {}): Promise<QueryShape> {
    return this.#withTurn(options, async (end) => {
      const { ready } = await this.#attempt(sql, options, undefined, async () => ({}))
      ready.session.close()
      end()
      return ready.shape
    })
  }

  async export(sql: string, file: ExportFile, options: QueryOptions = {}): Promise<ExportResult> {
    const part = `${file.path}.part`
    await mkdir(dirname(file.path), { recursive: true })
    return this.#withTurn(options, async (end) => {
      try {
        const { ready, rows } = await this.#attempt(
          sql,
          options,
          part,
          async ({ session, statement, shape }) => {
            if (statement.kind !== 'select')
              throw new LakeQueryError('LAKE_QUERY_REFUSED', 'only the result of a SELECT can be exported.')
            const copy = `COPY (\n${statement.sql}\n) TO ${literal(part)} (${copyOptions[file.format]})`
            const prepared = await session.connection.prepare(copy)
            await bindParameters(session.connection, prepared, shape.parameters, options.parameters ?? [])
            const reader = await prepared.runAndReadAll()
            return { rows: Number(reader.getRows()[0]?.[0] ?? 0) }
          },
        )
        ready.session.close()
        await rename(part, file.path)
        const { tables, warnings, files } = ready.made
        return { columns: ready.shape.columns, rows, tables, warnings, files }
      } finally {
        await rm(part, { force: true })
        end()
      }
    })
  }

  async close(): Promise<void> {
    await this.#sessions.close()
  }

  /** `end` is called by the work, or here where it fails. */
  async #withTurn<T>(options: QueryOptions, work: (end: () => void) => Promise<T>): Promise<T> {
    const leave = await this.#turns.take(options.signal, this.#limitMs(options))
    const end = (): void => {
      leave()
      this.#sessions.prepareNext()
    }
    try {
      return await work(end)
    } catch (error) {
      end()
      throw error
    }
  }

  /** Makes the query ready and does `work`; again where a file was in the way. */
  async #attempt<T>(
    sql: string,
    options: QueryOptions,
    output: string | undefined,
    work: (ready: ReadyQuery, budget: TimeBudget) => Promise<T>,
  ): Promise<T & { readonly ready: ReadyQuery }> {
    let current: DuckSession | undefined
    // All attempts together.
    const budget = new TimeBudget({
      clock: this.#services.clock,
      limitMs: this.#limitMs(options),
      signal: options.signal,
      interrupt: () => current?.connection.interrupt(),
    })
    for (let attempt = 1; ; attempt++) {
      const session = await this.#sessions.open()
      current = session
      let made: MadeTables | undefined
      try {
        return await budget.spend(async () => {
          const statement = await readStatement(session.connection, sql)
          const plan = await this.#plan(session, statement, options)
          made = await this.#make(session, { statement, plan, options, output, budget })
          const prepared = await prepareStatement(session.connection, statement)
          const shape = await statementShape(session.connection, prepared, {
            sql: statement.sql,
            values: options.parameters,
          })
          const ready: ReadyQuery = { session, statement, shape, made }
          return { ...(await work(ready, budget)), ready }
        })
      } catch (error) {
        session.close()
        if (attempt < attemptsMax && this.#isOfFile(error, made)) continue
        if (options.signal?.aborted === true) throw options.signal.reason
        throw withoutPaths(queryError(error, sql, linesBefore), made)
      }
    }
  }

  async #plan(session: DuckSession, statement: ReadStatement, options: QueryOptions): Promise<TablePlan> {
    const { catalog, store } = this.#services
    const database = (options.database ?? defaultDatabase).toLowerCase()
    if (catalog.database(database) === undefined)
      throw new LakeQueryError(
        'LAKE_QUERY_INVALID',
        `there is no database "${database}". There are ${catalog
          .databases()
          .map(({ name }) => name)
          .join(', ')}.`,
      )
    const context = { connection: session.connection, catalog, store, access: this.#access(options) }
    const names =
      statement.tree === undefined
        ? this.#namesWithoutTree(statement.sql, database, options)
        : statement.names
    return planTables(context, { ...statement, names, database })
  }

  /** Every word that is the name of something that may be read. */
  #namesWithoutTree(sql: string, database: string, options: QueryOptions): ReadStatement['names'] {
    const { catalog, store } = this.#services
    const access = this.#access(options)
    const tables = namesIn(sql).filter(({ schema, name }) => {
      const of = schema === '' ? database : schema.toLowerCase()
      if (of === 'app')
        return access === undefined && !name.startsWith('system.') && store?.tableEntry(name) !== undefined
      const base = name.split(/[@$]/)[0]?.toLowerCase() ?? ''
      const table = catalog.table(of, base)
      if (table !== undefined) return access?.mayRead(table.bucket, table.location) !== false
      return catalog.view(of, base) !== undefined
    })
    return {
      tables: tables.map((pair) => ({ ...pair, byte: undefined, nodes: [] })),
      functions: functionsIn(sql),
      asksForAll: false,
    }
  }

  async #make(
    session: DuckSession,
    query: {
      readonly statement: ReadStatement
      readonly plan: TablePlan
      readonly options: QueryOptions
      readonly output: string | undefined
      readonly budget: TimeBudget
    },
  ): Promise<MadeTables> {
    const { catalog, buckets, store, folders = [] } = this.#services
    const { statement, plan, options, output, budget } = query
    if (statement.names.asksForAll) {
      const access = this.#access(options)
      const made = new Set(
        [...plan.tables, ...plan.views].map(({ schema, name }) => `${schema}.${name.toLowerCase()}`),
      )
      const mayRead = (table: CatalogTable): boolean =>
        access?.mayRead(table.bucket, table.location) !== false
      await makeEmptyTables({ session, catalog }, mayRead, made)
    }
    return makeTables(
      {
        session,
        catalog,
        buckets,
        store,
        clock: this.#services.clock,
        inspector: this.#inspector,
        manifests: this.#manifests,
        folders,
        output,
        database: (options.database ?? defaultDatabase).toLowerCase(),
        asOf: options.asOf,
        suspects: this.#suspects,
        check: () => budget.check(),
      },
      plan,
    )
  }

  async #start(query: ReadyQuery, options: QueryOptions): Promise<DuckDBResult> {
    const { session, statement, shape } = query
    const sql =
      statement.kind === 'pivot' ? await keepPivot(session.connection, statement.sql) : statement.sql
    const prepared = await session.connection.prepare(
      statement.kind === 'explain' ? sql : asTexts(sql, shape.columns, options.values),
    )
    await bindParameters(session.connection, prepared, shape.parameters, options.parameters ?? [])
    return prepared.stream()
  }

  async *#rows(query: {
    readonly ready: ReadyQuery
    readonly result: DuckDBResult
    readonly first: Chunk | undefined
    readonly budget: TimeBudget
    readonly signal: AbortSignal | undefined
    readonly close: () => void
  }): AsyncGenerator<Chunk> {
    const { ready, result, budget, signal, close } = query
    try {
      let chunk = query.first
      while (chunk !== undefined) {
        yield chunk
        chunk = await budget.spend(() => readChunk(result))
      }
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason
      this.#isOfFile(error, ready.made)
      throw withoutPaths(queryError(error, ready.statement.sql, linesBefore), ready.made)
    } finally {
      close()
    }
  }

  #limitMs(options: QueryOptions): number {
    return options.timeoutMs ?? this.#services.limits?.timeoutMs ?? defaults.timeoutMs
  }

  /** Undefined where everything may be read. */
  #access(options: QueryOptions): LakeAccess | undefined {
    const access = options.access ?? this.#services.access
    return access === fullAccess ? undefined : access
  }

  /** Remembers what an error says of a file, so that another attempt has a better chance. */
  #isOfFile(error: unknown, made: MadeTables | undefined): boolean {
    const text = error instanceof Error ? error.message : ''
    if (error instanceof LakeQueryError || /^(INTERRUPT|Out of Memory|Permission) Error/.test(text))
      return false
    // Deleted since the catalog was read: by now it lists another one, or the same, which then is the error.
    if ('code' in Object(error) && (error as { code: unknown }).code === 'OBJECT_MISSING') return true
    if (error instanceof FilesDiffer) return this.#suspectAll(error.files, text)
    const mentioned = [...(made?.paths ?? [])].filter(
      ([path, { isNeeded }]) => isNeeded !== true && text.includes(path),
    )
    if (mentioned.length === 0) return false
    if (
      this.#suspectAll(
        mentioned.map(([, { id }]) => id),
        reasonOf(text, mentioned),
      )
    )
      return true
    // They were looked into and still do not fit: the one that the message names first goes.
    const [worst] = mentioned.sort(([a], [b]) => text.indexOf(a) - text.indexOf(b))
    if (worst === undefined || this.#suspects.get(worst[1].id)?.isLeftOut === true) return false
    this.#suspects.set(worst[1].id, { isLeftOut: true, reason: reasonOf(text, [worst]) })
    return true
  }

  /** False if all of them are known. */
  #suspectAll(ids: readonly string[], reason: string): boolean {
    const unknown = ids.filter((id) => !this.#suspects.has(id))
    for (const id of unknown) this.#suspects.set(id, { isLeftOut: false, reason })
    return unknown.length > 0
  }
}

function reasonOf(text: string, files: readonly (readonly [string, unknown])[]): string {
  let reason = (text.split('\n')[0] ?? '').replace(/^[A-Za-z ]+ Error: /, '')
  for (const [path] of files) reason = reason.replaceAll(path, 'the file')
  return reason
}

type Chunk = readonly (readonly (string | null)[])[]

/** Undefined at the end. */
async function readChunk(result: DuckDBResult): Promise<Chunk | undefined> {
  const chunk = await result.fetchChunk()
  if (chunk === null || chunk.rowCount === 0) return undefined
  const columns = Array.from({ length: chunk.columnCount }, (_, i) => chunk.getColumnVector(i))
  return Array.from({ length: chunk.rowCount }, (_, row) =>
    columns.map((column) => {
      const value = column.getItem(row)
      return value === null ? null : String(value)
    }),
  )
}

const copyOptions = {
  parquet: 'FORMAT parquet, COMPRESSION zstd',
  csv: 'FORMAT csv, HEADER true',
  json: 'FORMAT json',
} as const

/** Callers see keys of objects, not where the machine keeps them. */
function withoutPaths(error: LakeQueryError, made: MadeTables | undefined): LakeQueryError {
  for (const [path, { key }] of made?.paths ?? []) {
    if (!error.message.includes(path)) continue
    error.message = error.message.replaceAll(path, key)
  }
  return error
}
