/**
 * Notebooks of a data directory: cells are checked and completed here, run in processes of their own (cell-processes.ts), and what
 * they append goes through the store that this process owns.
 */
import { dirname, join } from 'node:path'
import type {
  AppDoor,
  CellAccess,
  CellJob,
  CellOutcome,
  CheckAnswer,
  CheckRequest,
  CompleteAnswer,
  CompleteRequest,
  DiscoverAnswer,
  LakeHandle,
  NotebookHost,
  PromoteAnswer,
  PromoteRequest,
  RunningCell,
  SchemaAnswer,
  SchemaEntry,
} from '@millrace/console'
import { duckTypeText } from '@millrace/lake'
import type { FlinkSession, HostFunctions } from '@millrace/sql'
import type { Store } from '@millrace/store'
import type { Clock } from '@millrace/values'
import { sqlFunctions } from '../sql-app/sql-functions.ts'
import { appendToStream } from './append-to-stream.ts'
import type { KdaInput, ProcessJob } from './cell-messages.ts'
import { CellProcesses } from './cell-processes.ts'
import { columnShape } from './cell-values.ts'
import { checkFlinkCell } from './check-cell.ts'
import { type CompletionTable, completeCell } from './complete-cell.ts'
import { createdNames } from './created-names.ts'
import { type DirectoryTable, DirectoryTables, declarationOf } from './directory-tables.ts'
import { inTurns } from './in-turns.ts'
import { kdaInput, kdaInputs } from './kda-inputs.ts'
import { checkKdaCell } from './kda-program.ts'
import { lakeColumn } from './lake-columns.ts'
import { checkLakeCell } from './lake-marks.ts'
import { promoteCell } from './promote-cell.ts'
import { quoted } from './quoted-name.ts'
import { openSession } from './run-flink-cell.ts'
import { runLakeCell } from './run-lake-cell.ts'
import { sampleStream } from './sample-stream.ts'

export interface NotebookHostOptions {
  readonly store: Store
  readonly clock: Clock
  readonly lake: LakeHandle
  readonly app: AppDoor | undefined
  /** Where notebooks and relative paths are looked for when no app runs; the data directory's own folder if absent. */
  readonly folder?: string
  /** Of one cell; 512 MiB unless given. */
  readonly memoryBytes?: number
}

const memoryDefault = 512 * 1024 * 1024
const discoverRecords = 1_000
const freshMs = 10_000

export function openNotebookHost(options: NotebookHostOptions): NotebookHost {
  return new Host(options)
}

class Host implements NotebookHost {
  readonly folders: readonly string[]
  readonly #options: NotebookHostOptions
  readonly #hosts: HostFunctions = new Map(sqlFunctions.map((fn) => [fn.name.toUpperCase(), fn]))
  readonly #tables: DirectoryTables
  readonly #processes: CellProcesses
  readonly #folder: string
  #kda: { readonly at: number; readonly tables: CompletionTable[] } | undefined
  readonly #closing = new AbortController()
  readonly closing = this.#closing.signal

  constructor(options: NotebookHostOptions) {
    const { store, app, clock, folder } = options
    const kept = join(store.dir, 'notebooks')
    const own = app === undefined ? folder : dirname(app.file)
    this.folders = own === undefined ? [kept] : [own, kept]
    this.#folder = own ?? process.cwd()
    this.#options = options
    this.#tables = new DirectoryTables(store, app, clock)
    this.#processes = new CellProcesses({
      clock,
      memoryBytes: options.memoryBytes ?? memoryDefault,
      append: (batch) => appendToStream(store, batch),
    })
  }

  async check({ dialect, text, before }: CheckRequest, access?: CellAccess): Promise<CheckAnswer> {
    switch (dialect) {
      case 'flink':
        return checkFlinkCell({ text, before }, this.#scope([text, ...before]), this.#hosts)
      case 'kda':
        return checkKdaCell({ text, before }, this.#kdaInputs([text, ...before]), this.#hosts)
      case 'lake':
        return checkLakeCell(text, this.#options.lake, access)
      case 'markdown':
        return { marks: [] }
    }
  }

  async complete(
    { dialect, text, before, position }: CompleteRequest,
    access?: CellAccess,
  ): Promise<CompleteAnswer> {
    if (dialect === 'markdown') return { from: position, options: [] }
    const tables =
      dialect === 'lake'
        ? this.#lakeTables(access)
        : dialect === 'kda'
          ? await this.#kdaTables()
          : await this.#flinkTables(text, before)
    return completeCell({ dialect, text, position, tables })
  }

  async schema(access?: CellAccess): Promise<SchemaAnswer> {
    this.#processes.warm()
    const own = await inTurns(await this.#tables.all(), (table) => this.#entry(table))
    return { entries: [...own, ...this.#lakeEntries(access)] }
  }

  async discover(stream: string): Promise<DiscoverAnswer> {
    const records = sampleStream(this.#options.store, stream, discoverRecords)
    const { columns, ddl } = this.#tables.discover(stream, records)
    return { records: records.length, columns: columns.map((field) => columnShape(field, 'flink')), ddl }
  }

  run(job: CellJob, tell: (outcome: CellOutcome) => void): RunningCell {
    const { lake, clock, store } = this.#options
    const { dialect, text, before, rows, from, access } = job
    if (dialect === 'markdown') {
      tell({ kind: 'done', reason: 'ended', ms: 0 })
      return { stop: async () => {} }
    }
    if (dialect === 'lake') return runLakeCell(job, lake, clock, tell)
    const isFlink = dialect === 'flink'
    return this.#processes.run(
      {
        dataDir: store.dir,
        dialect,
        text,
        before,
        rows,
        from,
        folder: this.#folder,
        mayReadFiles: access?.files ?? true,
        ...(isFlink ? this.#scope([text, ...before]) : { declarations: [], unknown: [] }),
        inputs: isFlink ? [] : this.#kdaInputs([text, ...before]),
      },
      tell,
    )
  }

  async promote(request: PromoteRequest): Promise<PromoteAnswer> {
    const { store, app } = this.#options
    const declared = this.#tables.named([request.text, ...request.before])
    return promoteCell(request, { app, store, declared, hosts: this.#hosts })
  }

  close(): Promise<void> {
    this.#closing.abort()
    return this.#processes.close()
  }

  #scope(texts: readonly string[]): Pick<ProcessJob, 'declarations' | 'unknown'> {
    const declarations: string[] = []
    const unknown: string[] = []
    // What a cell declares itself is as it says.
    const created = createdNames(texts)
    for (const table of this.#tables.named(texts)) {
      if (created.includes(table.name)) continue
      const declaration = declarationOf(table)
      if (declaration === undefined) unknown.push(table.name)
      else declarations.push(declaration)
    }
    return { declarations, unknown }
  }

  #kdaInputs(texts: readonly string[]): KdaInput[] {
    return kdaInputs(this.#options.store, this.#options.app, texts)
  }

  #entry(found: DirectoryTable): SchemaEntry {
    const { kind, name, origin, table } = found
    const ddl = declarationOf(found)
    return {
      kind,
      name,
      columns: table.columns.map((column) => columnShape(column, 'flink')),
      origin,
      dialect: 'flink',
      select: `SELECT * FROM ${quoted(name, 'flink')};`,
      ...(ddl === undefined ? {} : { ddl: `${ddl};` }),
    }
  }

  #lakeTables(access: CellAccess | undefined): CompletionTable[] {
    return this.#lakeEntries(access).map(({ name, columns }) => ({ name, detail: 'lake', columns }))
  }

  /** Tables that may not be read are not listed either. */
  #lakeEntries(access: CellAccess | undefined): SchemaEntry[] {
    const { catalog } = this.#options.lake
    return catalog.databases().flatMap(({ name: database }) =>
      catalog.tables(database).flatMap((table) => {
        if (access?.lake.mayRead(table.bucket, table.location) === false) return []
        const name = `${database}.${table.name}`
        return {
          kind: 'lake' as const,
          name,
          columns: [...table.columns, ...table.partitionKeys].map((column) =>
            lakeColumn({ name: column.name, type: duckTypeText(column.type) }),
          ),
          origin: 'declared' as const,
          dialect: 'lake' as const,
          select: `SELECT * FROM ${quoted(database, 'lake')}.${quoted(table.name, 'lake')} LIMIT 100;`,
        }
      }),
    )
  }

  /** What the newest records show; looked at again after a while, since this is asked for with every word. */
  async #kdaTables(): Promise<CompletionTable[]> {
    const { store, clock } = this.#options
    const now = clock.now()
    if (this.#kda === undefined || now - this.#kda.at >= freshMs) {
      const tables = await inTurns(store.streams(), ({ name }) => {
        // It may have gone since the list was made.
        const columns = store.stream(name) === undefined ? [] : (kdaInput(store, name)?.columns ?? [])
        return { name, detail: 'stream', columns: columns.map(([column, type]) => ({ name: column, type })) }
      })
      this.#kda = { at: now, tables }
    }
    return this.#kda.tables
  }

  async #flinkTables(text: string, before: readonly string[]): Promise<CompletionTable[]> {
    const directory = (await this.#tables.all()).map(({ kind, name, table }) => ({
      name,
      detail: kind === 'stream' ? 'stream of the directory' : 'keyed table of the directory',
      columns: table.columns.map((column) => columnShape(column, 'flink')),
    }))
    const session = openSession({ ...this.#scope([text, ...before]), before }, this.#hosts)
    session.execute(text)
    const created = createdNames([...before, text])
    const own = [...session.tables().values()]
      .filter(({ name }) => created.includes(name))
      .map((table) => ({
        name: table.name,
        detail: 'declared in the notebook',
        columns: table.columns.map((column) => columnShape(column, 'flink')),
      }))
    const views = viewsOf(session).map((name) => ({
      name,
      detail: 'view',
      columns: viewColumns(session, name),
    }))
    const declared = new Set([...own, ...views].map(({ name }) => name))
    return [...views, ...own, ...directory.filter(({ name }) => !declared.has(name))]
  }
}

function viewsOf(session: FlinkSession): string[] {
  const [result] = session.execute('SHOW VIEWS').results
  return result?.kind === 'reply' ? result.reply.rows.flatMap(([name]) => name ?? []) : []
}

function viewColumns(session: FlinkSession, name: string): CompletionTable['columns'] {
  const [result] = session.execute(`DESCRIBE \`${name.replaceAll('`', '``')}\``).results
  if (result?.kind !== 'reply') return []
  return result.reply.rows.map(([column, type]) => ({ name: column ?? '', type: type ?? '' }))
}
